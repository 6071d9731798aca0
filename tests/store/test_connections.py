"""A connection to PostgreSQL that died in the pool is nobody's outage."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine.interfaces import DBAPIConnection

from snowflake.store import Store
from tests.store.places import Place, place_on
from tests.store.postgresql import the_server

Ask = Callable[[PGDialect_asyncpg, DBAPIConnection], bool]

_END_ALL = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_on("postgresql", tmp_path)


async def test_one_that_the_server_has_closed_is_made_anew(place: Place, store: Store) -> None:
    end_all = _END_ALL.format(name=place.url.rpartition("/")[2])
    await asyncio.to_thread(the_server().sql, end_all)
    for _ in range(3):
        # The event loop hears of it: of the server's last words, and then of its end.
        await asyncio.sleep(0)
    await store.ping()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[DBAPIConnection]:
    """Note which connections are asked whether they live. Of the first one it turns out not to."""
    noted: list[DBAPIConnection] = []
    ask: Ask = PGDialect_asyncpg.do_ping

    def note(dialect: PGDialect_asyncpg, connection: DBAPIConnection) -> bool:
        noted.append(connection)
        if len(noted) == 1:
            # As where something between has forgotten it, and nobody has heard of that.
            connection.driver_connection.terminate()
        return ask(dialect, connection)

    monkeypatch.setattr(PGDialect_asyncpg, "do_ping", note)
    return noted


async def test_one_that_was_not_used_for_a_while_is_asked_and_made_anew(
    store: Store, asked: list[DBAPIConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowflake.store.postgresql.ASKED_AFTER", -1)
    await store.ping()
    first = asked[0]
    await store.ping()
    assert asked[-1] is not first


async def test_one_that_was_just_used_is_asked_nothing(
    store: Store, asked: list[DBAPIConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowflake.store.postgresql.ASKED_AFTER", 60)
    await store.ping()
    await store.ping()
    assert asked == []
