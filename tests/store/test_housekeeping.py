import asyncio
from dataclasses import replace

import pytest

from snowflake.store import Store, housekeeping
from tests.running import NOW, Clock
from tests.store.furniture import put_login
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
    clock.pass_by(3600)
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
    clock.pass_by(3600)
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
