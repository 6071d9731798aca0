"""Prepared statements do what SQLAlchemy's own do: the same types, rows, counts and errors."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    false,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, ProgrammingError

from snowflake.errors import StoreDown
from snowflake.store.database import Database
from snowflake.store.prepared import Prepared
from tests.store.places import Place, place_on

#: With a column of each type that the store's tables have.
things = Table(
    "things",
    MetaData(),
    Column("id", String(32), primary_key=True),
    Column("words", Text),
    Column("number", Integer),
    Column("time", BigInteger),
    Column("is_so", Boolean),
)
_IS = things.c.id == bindparam("which")
ADD = Prepared(insert(things))
FIND = Prepared(select(things).where(_IS))
CHANGE = Prepared(update(things).where(_IS))
SECRET = "a value that nobody is to see"

#: PostgreSQL has no null character in a text, and neither engine has half of a pair of surrogates.
rows = st.fixed_dictionaries(
    {
        "words": st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        "number": st.none() | st.integers(-(2**31), 2**31 - 1),
        "time": st.none() | st.integers(-(2**63), 2**63 - 1),
        "is_so": st.none() | st.booleans(),
    }
)


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    async with place.database() as database:
        await database.write(things.metadata.create_all)
        yield database


@given(row=rows)
async def test_who_prepares_and_who_does_not_write_and_read_the_same(
    database: Database, row: Mapping[str, object]
) -> None:
    def work(connection: Connection) -> None:
        connection.execute(delete(things))
        ADD(id="prepared", **row).run(connection)
        connection.execute(insert(things), {"id": "usual", **row})
        for name in ("prepared", "usual"):
            expected = {"id": name, **row}
            found = FIND(which=name).first(connection)
            assert found == expected
            # For Python 1 is True; for whoever makes JSON of it, it is not.
            assert type(found["is_so"]) is type(row["is_so"])
            usual = connection.execute(select(things).where(things.c.id == name)).mappings().one()
            assert found == usual

    await database.write(work)


async def test_a_statement_brings_its_own_values_with_it(database: Database) -> None:
    """Numbers, truths and nothing at all, in what is written and in what is looked for."""
    settle = Prepared(
        update(things).where(_IS, things.c.is_so == false()).values(is_so=True, words=None)
    )
    older = Prepared(
        select(things.c.id, (things.c.time + 1).label("later"), things.c.is_so)
        .where(things.c.time < func.coalesce(bindparam("before", type_=BigInteger), 10))
        .order_by(things.c.time)
        .limit(2)
    )

    def work(connection: Connection) -> None:
        for number in range(4):
            ADD(id=str(number), words="any", time=number, is_so=False).run(connection)
        assert settle(which="1").run(connection) == 1
        assert settle(which="1").run(connection) == 0
        assert older(before=None).all(connection) == [
            {"id": "0", "later": 1, "is_so": False},
            {"id": "1", "later": 2, "is_so": True},
        ]
        assert older(before=0).all(connection) == []
        assert older(before=0).first(connection) is None

    await database.write(work)


async def test_the_same_statement_takes_some_columns_or_others(database: Database) -> None:
    def work(connection: Connection) -> None:
        ADD(id="one").run(connection)
        assert CHANGE(which="one", number=1).run(connection) == 1
        assert CHANGE(words="two", which="one").run(connection) == 1
        assert CHANGE(which="none", is_so=True).run(connection) == 0
        expected = {"id": "one", "words": "two", "number": 1, "time": None, "is_so": None}
        assert FIND(which="one").first(connection) == expected

    await database.write(work)


async def test_an_upsert_returns_what_was_there(database: Database) -> None:
    adding = database.upsert(things)
    put = Prepared(
        adding.on_conflict_do_update(
            index_elements=[things.c.id], set_={"words": adding.excluded.words}
        ).returning(things.c.number, things.c.is_so)
    )

    def work(connection: Connection) -> None:
        first = put(id="one", words="any", number=1, is_so=True)
        assert first.all(connection) == [{"number": 1, "is_so": True}]
        second = put(id="one", words="others", number=2, is_so=False)
        assert second.all(connection) == [{"number": 1, "is_so": True}]
        found = FIND(which="one").first(connection)
        assert found is not None
        assert found["words"] == "others"

    await database.write(work)


async def test_a_fault_of_ours_is_raised_as_ever_and_without_the_values(
    database: Database,
) -> None:
    await database.write(ADD(id=SECRET).run)
    with pytest.raises(IntegrityError) as fault:
        await database.write(ADD(id=SECRET).run)
    assert fault.value.params is None
    assert SECRET not in f"{fault.value} {fault.value!r}".replace(str(fault.value.orig), "")
    # Nothing is left open.
    assert await database.write(CHANGE(which=SECRET, number=1).run) == 1


async def test_an_outage_is_told_as_ever(database: Database) -> None:
    await database.write(things.metadata.drop_all)
    with pytest.raises((ProgrammingError, StoreDown)) as fault:
        await database.read(FIND(which=SECRET).first)
    assert SECRET not in str(fault.value)


NAMED_WRONG = [
    (FIND, {}, "lacks .'which'."),
    (FIND, {"which": "one", "what": 1}, "takes no .'what'."),
    (ADD, {"id": "one", "numbers": 1}, "takes no .'numbers'."),
    (CHANGE, {"number": 1}, "lacks .'which'."),
    (CHANGE, {"which": "one", "numbers": 1}, "takes no .'numbers'."),
    (Prepared(select(things).where(things.c.id.in_(bindparam("ids")))), {"ids": "one"}, "list"),
    (Prepared(select(things).where(things.c.id.in_(["one"]))), {}, "list"),
]


@pytest.mark.parametrize(("statement", "values", "fault"), NAMED_WRONG)
async def test_values_that_a_statement_does_not_take_are_a_fault(
    database: Database, statement: Prepared, values: dict[str, object], fault: str
) -> None:
    with pytest.raises(TypeError, match=fault):
        await database.read(statement(**values).all)


async def test_a_column_of_another_type_than_before_is_one_outage_and_no_more(
    tmp_path: Path,
) -> None:
    place = place_on("postgresql", tmp_path)
    async with place.database() as database:
        await database.write(things.metadata.create_all)
        await database.write(ADD(id="one").run)
        found = await database.read(FIND(which="one").first)
        place.run("ALTER TABLE things ALTER words TYPE varchar(99)")
        with pytest.raises(StoreDown):
            await database.read(FIND(which="one").first)
        assert await database.read(FIND(which="one").first) == found


async def test_who_is_cut_off_leaves_no_connection_in_the_middle_of_something(
    tmp_path: Path,
) -> None:
    place = place_on("postgresql", tmp_path)
    sleep = Prepared(select(func.pg_sleep(60).label("slept")))
    one = Prepared(select(literal(1).label("one")))
    sleepers = "FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    async with place.database() as database:
        for work in (database.read, database.write):
            sleeping = asyncio.create_task(work(sleep().all))
            while not await place.rows(f"SELECT pid {sleepers}"):
                pass
            sleeping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sleeping
            assert await database.write(one().all) == [{"one": 1}]
            # The server does not know yet that nobody waits.
            place.run(f"SELECT pg_terminate_backend(pid) {sleepers}")
