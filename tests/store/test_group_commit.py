"""Writers of one process who wait for each other share a transaction, and nothing else."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import IntegrityError, OperationalError

from snowflake.errors import InvalidGrant, TemporarilyUnavailable
from snowflake.store import Store
from snowflake.store.group_commit import MOST
from snowflake.store.schema import codes, refresh_tokens
from snowflake.store.sqlite import Sqlite, _commit
from tests.running import Clock
from tests.store.places import Place, place_on


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Make an empty file: PostgreSQL's server gathers commits by itself."""
    return place_on("sqlite", tmp_path)


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Note what is committed from now on."""
    noted: list[Connection] = []

    def note(connection: Connection) -> None:
        noted.append(connection)
        _commit(connection)

    monkeypatch.setattr("snowflake.store.sqlite._commit", note)
    return noted


def row(name: str) -> dict[str, object]:
    return {"id": name, "spent": False, "reserved_until": 0, "expires_at": 0}


async def write(store: Store, name: str, error: Exception | None = None) -> str:
    """Write a row, and fail afterwards if there is an error."""

    def work(connection: Connection) -> str:
        connection.execute(insert(codes), row(name))
        if error is not None:
            raise error
        return name

    return await store.database.write(work)


async def written(store: Store) -> list[str]:
    rows = await store.database.read(lambda c: c.execute(codes.select()).all())
    return sorted(row.id for row in rows)


def fill_the_disk(connection: Connection) -> None:
    # To SQLite it is the same as a disk that has no more pages.
    connection.execute(text("PRAGMA max_page_count = 1"))
    connection.execute(insert(codes), row("x" * 100_000))


async def test_who_writes_at_once_is_committed_at_once(
    store: Store, commits: list[Connection]
) -> None:
    commits.clear()
    assert await asyncio.gather(*(write(store, name) for name in "abc")) == ["a", "b", "c"]
    assert len(commits) == 1
    assert await written(store) == ["a", "b", "c"]


async def test_more_than_a_group_holds_are_another_group(
    store: Store, commits: list[Connection]
) -> None:
    commits.clear()
    names = [f"{number:03}" for number in range(MOST + 1)]
    assert await asyncio.gather(*(write(store, name) for name in names)) == names
    assert len(commits) == 2


async def test_who_fails_undoes_only_their_own(store: Store) -> None:
    fault = InvalidGrant("as it may be")
    writing = [write(store, "a"), write(store, "b", fault), write(store, "b"), write(store, "d")]
    assert await asyncio.gather(*writing, return_exceptions=True) == ["a", fault, "b", "d"]
    assert await written(store) == ["a", "b", "d"]


async def test_what_the_database_refuses_somebody_is_theirs_alone(store: Store) -> None:
    one, two, three = await asyncio.gather(
        write(store, "a"), write(store, "a"), write(store, "c"), return_exceptions=True
    )
    assert (one, three) == ("a", "c")
    assert isinstance(two, IntegrityError)
    assert await written(store) == ["a", "c"]


async def test_nobody_hears_anything_before_it_is_on_the_disk(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_disk, go_on = threading.Event(), threading.Event()

    def slow_commit(connection: Connection) -> None:
        at_the_disk.set()
        assert go_on.wait(5)
        _commit(connection)

    monkeypatch.setattr("snowflake.store.sqlite._commit", slow_commit)
    faults = [None, InvalidGrant("for what the first one has written"), None]
    writing = [
        asyncio.create_task(write(store, name, fault))
        for name, fault in zip("abc", faults, strict=True)
    ]
    await asyncio.to_thread(at_the_disk.wait)
    assert await written(store) == []
    assert not any(task.done() for task in writing)
    go_on.set()
    assert await asyncio.gather(*writing, return_exceptions=True) == ["a", faults[1], "c"]


async def test_a_commit_that_fails_fails_for_those_who_were_in_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_disk, go_on = threading.Event(), threading.Event()

    def fail(_: Connection) -> None:
        monkeypatch.undo()
        at_the_disk.set()
        assert go_on.wait(5)
        raise OperationalError("COMMIT", None, Exception("disk I/O error"))

    monkeypatch.setattr("snowflake.store.sqlite._commit", fail)
    faults = [None, InvalidGrant("for what the first one has written")]
    first = [
        asyncio.create_task(write(store, name, fault))
        for name, fault in zip("ab", faults, strict=True)
    ]
    await asyncio.to_thread(at_the_disk.wait)
    then = [asyncio.create_task(write(store, name)) for name in "acd"]
    await asyncio.sleep(0)
    go_on.set()
    for outcome in await asyncio.gather(*first, return_exceptions=True):
        assert isinstance(outcome, TemporarilyUnavailable)
    assert await asyncio.gather(*then) == ["a", "c", "d"]
    assert await written(store) == ["a", "c", "d"]


async def test_a_full_disk_undoes_the_whole_group_and_says_so_to_all(store: Store) -> None:
    filling = store.database.write(fill_the_disk)
    outcomes = await asyncio.gather(
        write(store, "a"), filling, write(store, "c"), return_exceptions=True
    )
    for outcome in outcomes:
        assert isinstance(outcome, TemporarilyUnavailable)
        assert outcome.cause == "OperationalError: database or disk is full"
    assert await written(store) == []


async def test_who_makes_something_else_of_a_full_disk_tells_nobody_else_so(store: Store) -> None:
    def work(connection: Connection) -> None:
        try:
            fill_the_disk(connection)
        except OperationalError as error:
            raise InvalidGrant("of one of them") from error

    outcomes = await asyncio.gather(
        write(store, "a"), store.database.write(work), return_exceptions=True
    )
    assert all(isinstance(outcome, TemporarilyUnavailable) for outcome in outcomes)


async def test_who_keeps_silent_about_a_full_disk_has_written_nothing(store: Store) -> None:
    def work(connection: Connection) -> None:
        with suppress(OperationalError):
            fill_the_disk(connection)

    with pytest.raises(TemporarilyUnavailable):
        await store.database.write(work)
    assert await written(store) == []


async def test_a_constraint_that_is_looked_at_late_is_a_fault_of_the_group(store: Store) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        of_no_grant = {"hash": "any", "grant_id": "none", "expires_at": 0}
        connection.execute(insert(refresh_tokens), of_no_grant)

    outcomes = await asyncio.gather(
        write(store, "a"), store.database.write(work), return_exceptions=True
    )
    assert all(isinstance(outcome, IntegrityError) for outcome in outcomes)
    assert await write(store, "a") == "a"


async def test_who_is_cancelled_leaves_the_group_to_the_others(store: Store) -> None:
    leading, following = (asyncio.create_task(write(store, name)) for name in "ab")
    await asyncio.sleep(0)
    leading.cancel()
    assert await following == "b"
    with pytest.raises(asyncio.CancelledError):
        await leading


async def test_a_group_that_never_got_its_turn_is_no_trap_for_those_who_come_later(
    place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place.store(clock) as store:
        assert isinstance(store.database, Sqlite)
        async with store.database._alone():
            monkeypatch.setattr("snowflake.store.sqlite.TURN_TIMEOUT", 0)
            with pytest.raises(TemporarilyUnavailable) as outage:
                await write(store, "a")
        assert "writing for too long" in (outage.value.cause or "")
        monkeypatch.undo()
        assert await write(store, "a") == "a"


async def test_who_waits_when_the_store_is_closed_hears_of_an_outage(
    place: Place, clock: Clock
) -> None:
    async with place.store(clock) as store:
        assert isinstance(store.database, Sqlite)
        async with store.database._alone():
            waiting = [asyncio.create_task(write(store, name)) for name in "ab"]
            await asyncio.sleep(0)
            closing = asyncio.create_task(store.database.close())
            await asyncio.sleep(0)
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(outcome, TemporarilyUnavailable)
        await closing
