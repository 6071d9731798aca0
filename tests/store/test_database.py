import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, column, delete, func, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from snowflake.errors import TemporarilyUnavailable
from snowflake.store.prepared import Prepared
from snowflake.store.schema import codes, grants, refresh_tokens
from tests.running import Clock
from tests.store.furniture import put_login
from tests.store.places import Place, place_on


async def test_who_reads_does_not_wait_for_who_writes(place: Place, clock: Clock) -> None:
    begun, read = threading.Event(), threading.Event()

    def work(connection: Connection) -> bool:
        connection.execute(delete(grants))
        begun.set()
        return read.wait(5)

    async def write() -> bool:
        async with place.database() as database:
            return await database.write(work)

    async with place.store(clock) as store:
        grant, _ = await put_login(store, "code")
        writing = asyncio.create_task(asyncio.to_thread(asyncio.run, write()))
        await asyncio.to_thread(begun.wait)
        assert await store.grants.find(grant.id) == grant
        read.set()
        assert await writing


async def test_many_writers_at_once_all_get_their_turn(place: Place, clock: Clock) -> None:
    async with place.store(clock) as one, place.store(clock) as other:
        stores = [one, other] * 20
        logins = await asyncio.gather(
            *(put_login(store, f"code {number}") for number, store in enumerate(stores))
        )
        for grant, _ in logins:
            assert await one.grants.find(grant.id) == grant


async def test_a_login_that_fails_in_the_middle_has_not_happened(
    place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place.store(clock) as store:
        # A statement that no database can do, behind others that it can.
        nonsense = Prepared(select(column("nonsense")))()
        monkeypatch.setattr("snowflake.store.refresh_tokens.adding", lambda *_: nonsense)
        with pytest.raises((ProgrammingError, TemporarilyUnavailable)):
            await put_login(store, "code")
        assert await place.rows("SELECT id FROM grants") == []
        assert await place.rows("SELECT hash FROM refresh_tokens") == []
        [[spent]] = await place.rows("SELECT spent FROM codes")
        assert not spent


async def test_what_stands_alone_has_no_transaction_around_it(tmp_path: Path) -> None:
    """As the server numbers its transactions: it is told neither of a beginning nor of an end."""

    def work(connection: Connection) -> int:
        number = Prepared(select(func.txid_current().label("number")))
        return len({number().all(connection)[0]["number"] for _ in range(2)})

    async with place_on("postgresql", tmp_path).database() as database:
        assert await database.write(work) == 1
        assert await database.write(work, single=True) == 2


@contextmanager
def another_process_writing(place: Place) -> Iterator[None]:
    connection = sqlite3.connect(place.file)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


@pytest.fixture
def file(tmp_path: Path) -> Place:
    return place_on("sqlite", tmp_path)


async def test_who_waits_for_another_process_keeps_nobody_else_waiting(
    file: Place, clock: Clock
) -> None:
    async with file.store(clock) as store:
        grant, _ = await put_login(store, "code")
        with another_process_writing(file):
            ending = asyncio.create_task(store.grants.end(grant.id))
            assert await store.grants.find(grant.id) == grant
        await ending
        assert await store.grants.find(grant.id) is None


async def test_who_waited_too_long_for_others_gives_up(
    file: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with file.store(clock) as store:
        with another_process_writing(file):
            first = asyncio.create_task(store.grants.end("any"))
            await asyncio.sleep(0)
            monkeypatch.setattr("snowflake.store.sqlite.TURN_TIMEOUT", 0)
            with pytest.raises(TemporarilyUnavailable) as outage:
                await store.grants.end("any")
        assert "writing for too long" in (outage.value.cause or "")
        await first


async def test_who_finds_another_process_writing_for_too_long_hears_of_it(
    file: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with file.store(clock) as store:
        monkeypatch.setattr("snowflake.store.sqlite.BUSY_TIMEOUT", 0)
        with another_process_writing(file), pytest.raises(TemporarilyUnavailable) as outage:
            await store.grants.end("any")
        assert outage.value.cause == "OperationalError: database is locked"


@pytest.mark.parametrize("many", [False, True])
async def test_who_reads_while_a_crash_is_mended_reads_after_it(
    file: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    failures = [sqlite3.SQLITE_BUSY_RECOVERY, sqlite3.SQLITE_BUSY]

    def work(connection: Connection) -> object:
        if failures:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = failures.pop()
            raise OperationalError("SELECT 1", None, error)
        return connection.execute(text("SELECT 1")).scalar_one()

    async with file.store(clock) as store:
        assert await store.database.read(work, many=many) == 1


async def test_who_has_read_keeps_nothing_of_what_was_there(file: Place, clock: Clock) -> None:
    async with file.store(clock) as store:
        grant, _ = await put_login(store, "code")
        assert await store.grants.find(grant.id) == grant
        await store.ping()
        other = sqlite3.connect(file.file)
        other.execute("DELETE FROM grants")
        other.commit()
        # It stays in a file of its own for as long as anybody looks at what was before.
        [[is_busy, *_]] = other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()
        assert not is_busy
        assert await store.grants.find(grant.id) is None


async def test_a_damaged_file_is_an_outage(file: Place, clock: Clock) -> None:
    async with file.store(clock) as store:
        damage = file.file.read_bytes()
        for path in file.file.parent.glob(f"{file.file.name}*"):
            path.write_bytes(b"damaged " * (len(damage) // 8))
        with pytest.raises(TemporarilyUnavailable):
            await store.grants.end("any")


@pytest.mark.parametrize("another", [None, b"", b"a copy of before"], ids=["gone", "new", "copy"])
async def test_nothing_is_written_to_a_file_that_nobody_will_find_again(
    file: Place, clock: Clock, another: bytes | None
) -> None:
    """As by whoever puts a copy back while Snowflake runs."""
    aside = file.file.with_name("aside.db")
    async with file.store(clock) as store:
        grant, _ = await put_login(store, "code")
        file.file.rename(aside)
        if another is not None:
            file.file.write_bytes(another)
        for unready in (store.ping(), store.grants.end(grant.id), store.housekeeping.run()):
            with pytest.raises(TemporarilyUnavailable) as outage:
                await unready
            assert str(file.file) in (outage.value.cause or "")
        aside.replace(file.file)
        assert await store.grants.find(grant.id) == grant
        await put_login(store, "another code")


@pytest.mark.parametrize("many", [False, True])
async def test_a_commit_that_fails_leaves_nothing_open(
    file: Place, clock: Clock, many: bool
) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        of_no_grant = {"hash": "any", "grant_id": "none", "expires_at": 0}
        connection.execute(insert(refresh_tokens), of_no_grant)

    async with file.store(clock) as store:
        with pytest.raises(IntegrityError):
            await store.database.write(work, many=many)
        # Here, and in another process.
        await put_login(store, "code")
        assert await file.change("DELETE FROM grants") == 1


@pytest.mark.parametrize("many", [False, True])
async def test_who_is_cancelled_leaves_nothing_open(file: Place, clock: Clock, many: bool) -> None:
    async with file.store(clock) as store:
        with another_process_writing(file):
            write = store.database.write(lambda c: c.execute(delete(grants)), many=many)
            writing = asyncio.create_task(write)
            await asyncio.sleep(0)
            writing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await writing
        await put_login(store, "code")


async def test_an_end_in_the_middle_of_much_work_leaves_nothing_of_it(
    file: Place, clock: Clock
) -> None:
    """As where somebody ends Snowflake twice, and nothing is waited for any more."""
    begun, go_on = threading.Event(), threading.Event()

    def work(connection: Connection) -> None:
        connection.execute(delete(grants))
        begun.set()
        assert go_on.wait(5)
        connection.execute(delete(codes))

    async with file.store(clock) as store:
        await put_login(store, "code")
        writing = asyncio.create_task(store.database.write(work, many=True))
        await asyncio.to_thread(begun.wait)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        for _ in range(3):
            # All of them hear of it.
            await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await writing
    assert await file.rows(
        "SELECT (SELECT count(*) FROM grants), (SELECT count(*) FROM codes)"
    ) == [(1, 1)]


async def test_the_end_waits_for_nobody_who_has_not_begun(tmp_path: Path, clock: Clock) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(_: Connection) -> bool:
        begun.set()
        return go_on.wait(5)

    async with place_on("sqlite", tmp_path).database() as database:
        working = asyncio.create_task(database.write(work, many=True))
        await asyncio.to_thread(begun.wait)
        late = asyncio.create_task(database.write(work))
        await asyncio.sleep(0)
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(TemporarilyUnavailable):
            await late
        await closing
        assert await working
        with pytest.raises(TemporarilyUnavailable):
            await database.read(work)
