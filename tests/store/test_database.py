import asyncio
import threading
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


async def test_who_waited_too_long_for_another_process_gives_up(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_on("sqlite", tmp_path)
    begun, waited = threading.Event(), threading.Event()

    def work(_: Connection) -> bool:
        begun.set()
        return waited.wait(5)

    async with place.store(clock) as store:
        working = asyncio.create_task(store.database.write(work))
        await asyncio.to_thread(begun.wait)
        monkeypatch.setattr("snowflake.store.sqlite.TURN_TIMEOUT", -1)
        late = asyncio.create_task(store.grants.end("any"))
        await asyncio.sleep(0)
        waited.set()
        assert await working
        with pytest.raises(TemporarilyUnavailable):
            await late


async def test_who_finds_another_process_writing_for_too_long_hears_of_it(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_on("sqlite", tmp_path)
    async with place.store(clock):
        monkeypatch.setattr("snowflake.store.sqlite.BUSY_TIMEOUT", 0)
        async with place.database() as busy, place.database() as late:

            def work(connection: Connection) -> None:
                connection.execute(delete(grants))
                with pytest.raises(TemporarilyUnavailable) as outage:
                    asyncio.run(late.write(lambda c: c.execute(delete(grants))))
                assert outage.value.cause == "OperationalError: database is locked"

            await busy.write(work)


async def test_the_end_waits_for_nobody_who_has_not_begun(tmp_path: Path, clock: Clock) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(_: Connection) -> bool:
        begun.set()
        return go_on.wait(5)

    async with place_on("sqlite", tmp_path).database() as database:
        working = asyncio.create_task(database.write(work))
        await asyncio.to_thread(begun.wait)
        late = asyncio.create_task(database.write(work))
        await asyncio.sleep(0)
        closing = asyncio.create_task(database.close())
        with pytest.raises(asyncio.CancelledError):
            await late
        go_on.set()
        await closing
        assert await working
