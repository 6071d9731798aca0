import asyncio
from contextlib import closing
from dataclasses import replace
from sqlite3 import connect
from typing import Any

import pytest
from sqlalchemy import Engine, event

from snowflake.store import Store, housekeeping
from snowflake.store.codes import CodeSpent
from snowflake.store.housekeeping import SLACK
from tests.running import NOW, Clock
from tests.store.furniture import put_login, tokens
from tests.store.places import Place

TABLES = ("codes", "discord_tokens", "grants", "leases", "memberships", "refresh_tokens")


class Failed(Exception):
    """What the work of a test ends with."""


async def sizes(place: Place) -> dict[str, int]:
    counted = {}
    for table in TABLES:
        [[counted[table]]] = await place.rows(f"SELECT count(*) FROM {table}")  # noqa: S608 - ours
    return counted


async def test_what_lives_stays(store: Store, place: Place) -> None:
    grant, token = await put_login(store, "code")
    await store.leases.take("work", 60)
    before = await sizes(place)
    assert await store.housekeeping.delete_expired() == 0
    assert await sizes(place) == before
    assert await store.grants.find(grant.id) == grant
    assert await store.refresh_tokens.find(token) is not None


async def test_what_has_expired_goes_and_nothing_else(
    store: Store, place: Place, clock: Clock
) -> None:
    await put_login(store, "old", "1")
    living, token = await put_login(store, "new", "2", NOW + 90_000)
    clock.pass_by(3600 + SLACK)
    await store.leases.take("work", 60)
    await store.housekeeping.delete_expired()
    gone = {"codes": 0, "memberships": 0}
    kept = {"discord_tokens": 1, "grants": 1, "leases": 1, "refresh_tokens": 1}
    assert await sizes(place) == {**gone, **kept}
    assert await store.grants.find(living.id) == living
    assert await store.refresh_tokens.find(token) is not None


async def test_discords_tokens_stay_for_as_long_as_a_grant_needs_them(
    store: Store, place: Place, clock: Clock
) -> None:
    grant, _ = await put_login(store, "code", expires_at=NOW + 90_000)
    [pair] = await store.discord_tokens.of(grant.application, grant.person)
    assert await store.discord_tokens.replace(replace(pair, expires_at=NOW + 60))
    clock.pass_by(3600)
    await store.housekeeping.delete_expired()
    assert await store.discord_tokens.find(grant.application, grant.person) is not None


async def test_a_lease_is_not_deleted_while_its_holder_may_be_at_work(
    store: Store, clock: Clock
) -> None:
    await store.leases.take("work", 60)
    clock.pass_by(60)
    await store.housekeeping.delete_expired()
    assert await store.leases.take("work", 60)


async def test_batches_leave_nothing_behind(
    store: Store, place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 3)
    monkeypatch.setattr(housekeeping, "FOUND", 5)
    for number in range(7):
        await put_login(store, f"code {number}", str(number))
    clock.pass_by(3600 + SLACK)
    # A grant, a code, a refresh token, a pair of Discord's and a list of guilds each.
    assert await store.housekeeping.delete_expired() == 5 * 7
    assert set((await sizes(place)).values()) == {0}


async def test_one_process_at_a_time_cleans_up(store: Store, place: Place, clock: Clock) -> None:
    at_it, go_on, rounds = asyncio.Event(), asyncio.Event(), []

    async def slow() -> None:
        rounds.append("first")
        at_it.set()
        await go_on.wait()

    async def quick() -> None:
        rounds.append("second")

    async with place.store(clock) as another:
        first = asyncio.create_task(store.housekeeping.run(slow))
        await at_it.wait()
        await another.housekeeping.run(quick)
        assert rounds == ["first"]
        go_on.set()
        await first
        await another.housekeeping.run(quick)
    assert rounds == ["first", "second"]


async def test_work_that_failed_is_free_for_the_next_process(store: Store) -> None:
    async def fails() -> None:
        raise Failed

    with pytest.raises(Failed):
        await store.housekeeping.run(fails)
    assert await store.leases.take("housekeeping", 60)


async def test_what_a_machine_made_whose_clock_is_behind_stays_while_it_is_good_there(
    store: Store, place: Place, clock: Clock
) -> None:
    async with place.store(lambda: clock() - SLACK + 1) as behind:
        code = await behind.codes.reserve("code", NOW - SLACK + 61)
        await behind.codes.spend(code)
        assert await behind.assertions.use("ci", "name", NOW - SLACK + 61)
        clock.pass_by(60)
        await store.housekeeping.delete_expired()
        with pytest.raises(CodeSpent):
            await behind.codes.reserve("code", NOW - SLACK + 61)
        assert not await behind.assertions.use("ci", "name", NOW - SLACK + 61)


async def test_a_pair_that_discord_has_refused_stays_for_whoever_is_on_their_way(
    store: Store, clock: Clock
) -> None:
    pair = replace(tokens(), needed_until=NOW + 600)
    await store.discord_tokens.put(pair)
    await store.discord_tokens.refuse(pair)
    await store.housekeeping.delete_expired()
    assert await store.discord_tokens.find(pair.application, pair.person) is not None
    clock.pass_by(600 + SLACK)
    await store.housekeeping.delete_expired()
    assert await store.discord_tokens.find(pair.application, pair.person) is None


# PostgreSQL keeps nobody waiting.
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_a_batch_of_many_rows_is_found_by_their_keys(
    place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite goes through a whole table, and keeps all writers waiting, unless it is led."""
    changes: list[tuple[str, tuple[str | int, ...]]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        if statement.startswith("DELETE"):
            changes.append((statement, values))

    monkeypatch.setattr(housekeeping, "BATCH", 3)
    async with place.store(clock) as store:
        for number in range(7):
            await put_login(store, f"code {number}", str(number))
        clock.pass_by(3600 + SLACK)
        event.listen(Engine, "before_cursor_execute", note)
        try:
            await store.housekeeping.delete_expired()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert len(changes) == 5 * 3
    with closing(connect(place.file)) as connection:
        for statement, values in changes:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            steps = [step for *_, step in plan if "CONSTANT ROW" not in step]
            assert not [step for step in steps if step.startswith("SCAN")], statement
            table = statement.split()[2]
            searches = [step for step in steps if step.startswith(f"SEARCH {table} USING")]
            assert all(f"sqlite_autoindex_{table}_1" in step for step in searches[:2]), plan
