"""What a database says when it cannot be used: asked of a real PostgreSQL and a real SQLite."""

import asyncio
import os
import socket
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection, delete, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs
from structlog.typing import EventDict

from snowflake.errors import StartFault, StoreDown, StoreRefused, TemporarilyUnavailable
from snowflake.store.schema import grants
from snowflake.store.url import open_database, parse_url
from tests.running import Clock
from tests.sleeping import let_sleep
from tests.store.furniture import put_login
from tests.store.places import Place, place_on
from tests.store.postgresql import STRANGER, USER, PostgreSQL, the_server

PASSWORD = "the-right-password"


@pytest.fixture(scope="module")
def server() -> PostgreSQL:
    """Answer a server with a role that has to show a password and owns nothing."""
    the_server().sql(f"CREATE ROLE {STRANGER} LOGIN PASSWORD '{PASSWORD}'")
    return the_server()


def waits_in(log: list[EventDict]) -> list[EventDict]:
    """Answer the lines about waiting.

    What is captured is of the whole process: servers of earlier tests, in threads of it, log too.
    """
    return [line for line in log if line["event"] == "waiting_for_database"]


async def refused(url: str, clock: Clock) -> str:
    """Start as ``serve`` does, which waits while waiting may help; answer why it ends."""
    with pytest.raises(StartFault) as fault, capture_logs() as log:
        async with Place("postgresql", url).store(clock, wait=True):
            pass
    assert waits_in(log) == []
    [line] = fault.value.faults
    assert PASSWORD not in line
    assert "\n" not in line
    return line


class TestPostgreSQL:
    """Who may not, and what is not there."""

    async def test_a_wrong_password_ends_the_start(self, server: PostgreSQL, clock: Clock) -> None:
        place = server.url("postgres", f"{STRANGER}:hunter2")
        line = await refused(place, clock)
        assert line.startswith(f"SNOWFLAKE_DATABASE_URL: PostgreSQL at {place.partition('@')[2]}: ")
        assert f'password authentication failed for user "{STRANGER}". ' in line
        assert "hunter2" not in line

    async def test_a_missing_database_does_too(self, server: PostgreSQL, clock: Clock) -> None:
        line = await refused(server.url("nowhere", f"{STRANGER}:{PASSWORD}"), clock)
        assert 'database "nowhere" does not exist. ' in line

    async def test_so_do_missing_rights(self, server: PostgreSQL, clock: Clock) -> None:
        url = server.make_database()
        own = url.replace(f"{USER}@", f"{STRANGER}:{PASSWORD}@")
        # No right to make a table; to look into those of another; to connect at all.
        assert ": permission denied for schema public. " in await refused(own, clock)
        async with Place("postgresql", url).store(clock):
            pass
        assert ": permission denied for table " in await refused(own, clock)
        name = url.rpartition("/")[2]
        server.sql(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
        assert f': permission denied for database "{name}". ' in await refused(own, clock)

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("nonsense=1", 'unrecognized configuration parameter "nonsense"'),
            ("sslmode=sometimes", "`sslmode` parameter must be one of"),
            ("ssl=require", 'parameter "ssl" cannot be changed'),
        ],
    )
    async def test_what_the_url_asks_for_and_nobody_knows_ends_the_start(
        self, query: str, words: str, server: PostgreSQL, clock: Clock
    ) -> None:
        line = await refused(f"{server.url('postgres')}?{query}", clock)
        assert words in line
        assert line.endswith("Mend what stands behind the ? of the URL")

    @pytest.mark.parametrize("query", ["sslmode=disable", "sslmode=prefer&application_name=ours"])
    async def test_the_url_may_ask_for_what_libpq_knows(
        self, query: str, server: PostgreSQL, clock: Clock
    ) -> None:
        place = Place("postgresql", f"{server.make_database()}?{query}")
        async with place.store(clock) as store:
            await store.ping()

    @pytest.mark.parametrize(
        ("code", "cause"),
        [
            ("disk_full", "DiskFullError: something with no room"),
            ("too_many_connections", "TooManyConnectionsError: something with no room"),
            ("cannot_connect_now", "CannotConnectNowError: something with no room"),
            ("query_canceled", "QueryCanceledError: something with no room"),
            # What is about a statement may repeat what is in it.
            ("deadlock_detected", "DeadlockDetectedError"),
        ],
    )
    async def test_what_may_pass_is_an_outage_in_the_servers_words(
        self, code: str, cause: str, server: PostgreSQL
    ) -> None:
        error = f"RAISE 'something with no room' USING ERRCODE = '{code}', DETAIL = 'private'"
        statement = text(f"DO $$ BEGIN {error}; END $$")
        database = open_database(parse_url(server.url("postgres"), "the place"))
        try:
            with pytest.raises(TemporarilyUnavailable) as outage:
                await database.write(lambda c: c.execute(statement))
        finally:
            await database.close()
        assert type(outage.value) is StoreDown
        assert outage.value.cause == cause

    async def test_rights_that_are_taken_away_later_are_an_outage_of_that_time(
        self, server: PostgreSQL, clock: Clock
    ) -> None:
        url = server.make_database()
        server.sql(f"ALTER DATABASE {url.rpartition('/')[2]} OWNER TO {STRANGER}")
        own = url.replace(f"{USER}@", f"{STRANGER}:{PASSWORD}@")
        async with Place("postgresql", own).store(clock) as store:
            revoked = f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {STRANGER}"
            server.sql(revoked, url.rpartition("/")[2])
            with pytest.raises(StoreRefused) as outage:
                await put_login(store, "code")
        assert "permission denied for table" in (outage.value.cause or "")
        assert outage.value.status == 503


async def waits(url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, object]:
    """Start as ``serve`` does, and answer what the log says once it waits."""
    waiting = asyncio.Event()

    async def wait(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    async def start() -> None:
        async with Place("", url).store(clock, wait=True):
            pytest.fail("it did not wait")

    let_sleep(monkeypatch, "snowflake.store", wait)
    with capture_logs() as log:
        starting = asyncio.create_task(start())
        async with asyncio.timeout(30):
            await waiting.wait()
        starting.cancel()
        await asyncio.wait([starting])
    [line] = waits_in(log)
    assert line["log_level"] == "warning"
    return line


async def test_a_server_that_is_not_there_is_waited_for_in_the_systems_words(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await waits("postgresql://ada:hunter2@127.0.0.1:1/name", clock, monkeypatch)
    assert line["database"] == "PostgreSQL at 127.0.0.1:1/name"
    told = str(line["cause"])
    assert told.startswith("ConnectionRefusedError: [Errno 111] ")
    assert "127.0.0.1" in told


async def test_one_that_does_not_answer_is_said_to_take_too_long(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowflake.store.postgresql.CONNECT_TIMEOUT", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        line = await waits(f"postgresql://ada@127.0.0.1:{port}/name", clock, monkeypatch)
    assert line["cause"] == "TimeoutError: it took too long to answer"


async def test_without_its_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StartFault, match=r"SNOWFLAKE_DATABASE_URL: .*snowflake-oidc\[postgresql\]"):
        open_database(parse_url("postgresql://ada@db.example.com/name", "the place"))


class TestSQLite:
    """A file that is damaged, somebody else's, or on a full disk."""

    @pytest.fixture
    def file(self, tmp_path: Path) -> Place:
        return place_on("sqlite", tmp_path)

    async def fault(self, place: Place, clock: Clock) -> str:
        with pytest.raises(StartFault) as fault:
            async with place.store(clock, wait=True):
                pass
        [line] = fault.value.faults
        assert line.startswith(f"{place.file}: ")
        return line.removeprefix(f"{place.file}: ")

    async def test_what_is_no_database_ends_the_start(self, file: Place, clock: Clock) -> None:
        file.file.write_bytes(b"no database " * 100)
        assert await self.fault(file, clock) == "file is not a database. Bring back a copy"

    async def test_one_that_may_not_be_written_names_who_runs_and_who_owns(
        self, file: Place, clock: Clock
    ) -> None:
        def write(connection: Connection) -> None:
            connection.execute(text("PRAGMA query_only = ON"))
            connection.execute(delete(grants))

        async with file.store(clock) as store:
            with pytest.raises(StoreRefused) as refusal:
                await store.database.write(write)
        words = "attempt to write a readonly database. Snowflake runs as user "
        assert (refusal.value.cause or "").startswith(f"{file.file}: {words}{os.geteuid()}, and /")

    async def test_a_full_disk_is_named(self, file: Place, clock: Clock) -> None:
        def fill(connection: Connection) -> None:
            # To SQLite it is the same as a disk that has no more pages.
            connection.execute(text("PRAGMA max_page_count = 1"))
            connection.execute(text("CREATE TABLE one (two)"))
            connection.execute(text("INSERT INTO one VALUES (:two)"), {"two": "x" * 100_000})

        async with file.store(clock) as store:
            with pytest.raises(TemporarilyUnavailable) as outage:
                await store.database.write(fill)
        assert not isinstance(outage.value, StoreRefused)
        assert outage.value.cause == "OperationalError: database or disk is full"

    @pytest.mark.parametrize(
        ("free", "cause"),
        [
            (0, "disk I/O error: the disk of {file} is full"),
            (1, "disk I/O error (SQLITE_IOERR_WRITE); has a quota or a limit on "),
        ],
    )
    async def test_so_is_one_of_which_sqlite_only_says_that_it_cannot_write(
        self, free: int, cause: str, file: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: Connection) -> None:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
            error.sqlite_errorname = "SQLITE_IOERR_WRITE"
            raise OperationalError("INSERT", None, error)

        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
        async with file.store(clock) as store:
            with pytest.raises(TemporarilyUnavailable) as outage:
                await store.database.write(fail)
        told = cause.format(file=file.file)
        assert (outage.value.cause or "").startswith(f"OperationalError: {told}")
