"""A connection to PostgreSQL that died in the pool is nobody's outage."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from snowflake.errors import TemporarilyUnavailable
from snowflake.store import Store
from snowflake.store.postgresql import _answers
from tests.store.furniture import put_login
from tests.store.places import Place, place_on
from tests.store.postgresql import the_server

#: Connections that are in use at a time.
AT_ONCE = 2
_PIDS = "SELECT pid FROM pg_stat_activity WHERE datname = '{name}'"
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
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Note which connections are asked whether they live. Of the first one it turns out not to."""
    noted: list[object] = []

    async def note(driver: Any) -> bool:
        noted.append(driver)
        if len(noted) == 1:
            # As where something between has forgotten it, and nobody has heard of that.
            driver.terminate()
        return await _answers(driver)

    monkeypatch.setattr("snowflake.store.postgresql._answers", note)
    return noted


async def test_one_that_was_not_used_for_a_while_is_asked_and_made_anew(
    store: Store, asked: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowflake.store.postgresql.ASKED_AFTER", -1)
    await store.ping()
    first = asked[0]
    await store.ping()
    assert asked[-1] is not first


async def test_one_that_was_just_used_is_asked_nothing(
    store: Store, asked: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowflake.store.postgresql.ASKED_AFTER", 60)
    await store.ping()
    await store.ping()
    assert asked == []


@contextmanager
def silent(place: Place) -> Iterator[None]:
    """Let nobody at the server answer who does now, until the block ends; new ones do."""
    listed = the_server().sql(_PIDS.format(name=place.url.rpartition("/")[2]))
    pids = [int(pid) for pid in listed.split()]
    assert len(pids) == AT_ONCE
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_those_that_keep_silent_are_made_anew(
    place: Place, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a router between has forgotten them all, or the server's machine has gone."""
    monkeypatch.setattr("snowflake.store.postgresql.ASKED_AFTER", -1)
    monkeypatch.setattr("snowflake.store.postgresql.ANSWER_TIMEOUT", 0.1)
    await asyncio.gather(*(store.ping() for _ in range(AT_ONCE)))
    with silent(place):
        for _ in range(AT_ONCE):
            await store.ping()


async def test_one_that_may_only_read_is_given_up(place: Place, store: Store) -> None:
    """As where a server has become a standby, or nobody might write for a while."""
    read_only = f"ALTER DATABASE {place.url.rpartition('/')[2]} {{}} default_transaction_read_only"
    the_server().sql(f"{read_only.format('SET')} = on")
    # The one that is open already may write; all others of that time may not.
    saving = [put_login(store, f"code {number}") for number in range(AT_ONCE + 1)]
    outcomes = await asyncio.gather(*saving, return_exceptions=True)
    outages = [one for one in outcomes if isinstance(one, TemporarilyUnavailable)]
    assert outages
    assert "read-only" in (outages[0].cause or "")
    the_server().sql(read_only.format("RESET"))
    for number in range(AT_ONCE + 1):
        await put_login(store, f"another code {number}")
