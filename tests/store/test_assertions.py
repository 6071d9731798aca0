"""A JWT by which a client has proven who it is, is good once whatever the number of processes."""

import asyncio

from snowflake.store import Store
from snowflake.store.housekeeping import SLACK
from tests.running import NOW, Clock
from tests.store.places import Place


async def test_a_name_is_used_once_by_each_client(store: Store) -> None:
    assert await store.assertions.use("ci", "name", NOW + 60)
    assert not await store.assertions.use("ci", "name", NOW + 60)
    assert await store.assertions.use("ci", "another", NOW + 60)
    assert await store.assertions.use("another", "name", NOW + 60)


async def test_of_many_at_once_one_wins(store: Store, place: Place, clock: Clock) -> None:
    async with place.store(clock) as another:
        stores = [store, another] * 8
        won = await asyncio.gather(*(one.assertions.use("ci", "name", NOW + 60) for one in stores))
    assert sorted(won) == [False] * 15 + [True]


async def test_it_is_forgotten_when_it_would_have_expired(store: Store, clock: Clock) -> None:
    await store.assertions.use("ci", "name", NOW + 60)
    # A slow clock of another machine has it good for longer.
    clock.pass_by(59 + SLACK)
    await store.housekeeping.delete_expired()
    assert not await store.assertions.use("ci", "name", NOW + 60)
    clock.pass_by(1)
    await store.housekeeping.delete_expired()
    assert await store.assertions.use("ci", "name", NOW + 120)
