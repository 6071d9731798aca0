import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, text
from sqlalchemy.exc import ProgrammingError

from snowflake.errors import TemporarilyUnavailable
from snowflake.store.schema import grants
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
        monkeypatch.setattr(
            "snowflake.store.refresh_tokens.adding", lambda *_: (text("nonsense"), {})
        )
        with pytest.raises((ProgrammingError, TemporarilyUnavailable)):
            await put_login(store, "code")
        assert await place.rows("SELECT id FROM grants") == []
        assert await place.rows("SELECT hash FROM refresh_tokens") == []
        [[spent]] = await place.rows("SELECT spent FROM codes")
        assert not spent


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
            with pytest.raises(TemporarilyUnavailable):
                await store.grants.end("any")
        await first


async def test_who_finds_another_process_writing_for_too_long_hears_of_it(
    file: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with file.store(clock) as store:
        monkeypatch.setattr("snowflake.store.sqlite.BUSY_TIMEOUT", 0)
        with another_process_writing(file), pytest.raises(TemporarilyUnavailable) as outage:
            await store.grants.end("any")
        assert outage.value.cause == "OperationalError: database is locked"


async def test_who_is_cancelled_leaves_nothing_open(file: Place, clock: Clock) -> None:
    async with file.store(clock) as store:
        with another_process_writing(file):
            writing = asyncio.create_task(store.grants.end("any"))
            await asyncio.sleep(0)
            writing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await writing
        await put_login(store, "code")


async def test_the_end_waits_for_whoever_has_begun(file: Place, clock: Clock) -> None:
    async with file.store(clock) as store:
        with another_process_writing(file):
            writing = asyncio.create_task(store.grants.end("any"))
            await asyncio.sleep(0)
            closing = asyncio.create_task(store.database.close())
        await closing
        await writing
