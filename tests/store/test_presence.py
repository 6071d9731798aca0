import pytest

from snowflake.errors import StoreRefused, TemporarilyUnavailable
from snowflake.settings import Settings
from snowflake.state import State
from snowflake.store import Store
from snowflake.store.presence import LEASE, SAID_EVERY, Presence, running_on
from tests.running import Clock
from tests.store.places import SECRET, Place


async def test_each_process_counts_until_it_ends(store: Store, clock: Clock) -> None:
    assert await running_on(store.database, clock) == 0
    first, second = Presence(store.leases), Presence(store.leases)
    for presence in (first, second, first):
        await presence.say()
    assert await running_on(store.database, clock) == 2
    await first.end()
    assert await running_on(store.database, clock) == 1
    await second.end()
    assert await running_on(store.database, clock) == 0


async def test_one_that_was_killed_is_forgotten_in_time(store: Store, clock: Clock) -> None:
    await Presence(store.leases).say()
    clock.pass_by(LEASE - 1)
    assert await running_on(store.database, clock) == 1
    clock.pass_by(1)
    assert await running_on(store.database, clock) == 0


async def test_one_that_goes_on_saying_so_counts_for_as_long(store: Store, clock: Clock) -> None:
    presence = Presence(store.leases)
    for _ in range(10):
        await presence.say()
        clock.pass_by(SAID_EVERY)
    assert await running_on(store.database, clock) == 1
    # Whoever sleeps so long that housekeeping forgets it is back with its next word.
    clock.pass_by(10 * LEASE)
    await store.housekeeping.delete_expired()
    assert await running_on(store.database, clock) == 0
    await presence.say()
    assert await running_on(store.database, clock) == 1


async def test_one_that_never_said_so_has_nothing_to_take_back(store: Store, clock: Clock) -> None:
    await Presence(store.leases).end()
    assert await running_on(store.database, clock) == 0


async def test_work_that_somebody_does_is_no_running_snowflake(store: Store, clock: Clock) -> None:
    assert await store.leases.take("housekeeping", 60)
    assert await running_on(store.database, clock) == 0


async def test_nobody_runs_on_a_database_without_tables(place: Place, clock: Clock) -> None:
    async with place.database() as database:
        assert await running_on(database, clock) == 0


def settings_of(place: Place) -> Settings:
    return Settings.model_validate({"database_url": place.url, "secret_key": SECRET.decode()})


async def test_a_snowflake_says_so_from_its_start_to_its_end(place: Place, clock: Clock) -> None:
    async with place.database() as database:
        async with State.open(settings_of(place), clock) as state:
            # A command beside running Snowflakes.
            assert await running_on(database, clock) == 0
            async with state.working():
                assert await running_on(database, clock) == 1
        assert await running_on(database, clock) == 0


@pytest.mark.parametrize("error", [TemporarilyUnavailable, StoreRefused])
async def test_a_store_that_has_gone_away_neither_keeps_it_from_starting_nor_from_ending(
    place: Place,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    error: type[TemporarilyUnavailable],
) -> None:
    async def away(*_: object) -> None:
        raise error("it is away")

    async with State.open(settings_of(place), clock) as state:
        with monkeypatch.context() as outage:
            outage.setattr(state.store.leases, "take", away)
            async with state.working():
                pass
        async with state.working():
            monkeypatch.setattr(state.store.leases, "give_back", away)
