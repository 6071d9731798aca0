import asyncio

import pytest

from snowflake.errors import TemporarilyUnavailable
from snowflake.store import Store
from snowflake.store.presence import Presence, running_on
from tests.running import Clock
from tests.store.places import Place


class Failed(Exception):
    """What the work of a test ends with."""


async def test_a_lease_has_one_holder(store: Store, place: Place, clock: Clock) -> None:
    async with place.store(clock) as another:
        rooms = [store.leases, another.leases] * 5
        holders = await asyncio.gather(*(leases.take("work", 60) for leases in rooms))
    assert len([holder for holder in holders if holder is not None]) == 1


async def test_leases_of_different_names_have_nothing_to_do_with_each_other(store: Store) -> None:
    assert await store.leases.take("one", 60)
    assert await store.leases.take("two", 60)


async def test_a_lease_that_was_given_back_is_free(store: Store) -> None:
    holder = await store.leases.take("work", 60)
    assert holder is not None
    await store.leases.give_back("work", holder)
    assert await store.leases.take("work", 60)


async def test_a_lease_whose_holder_died_is_taken_over_in_time(store: Store, clock: Clock) -> None:
    assert await store.leases.take("work", 60)
    clock.pass_by(59)
    assert await store.leases.take("work", 60) is None
    clock.pass_by(2)
    assert await store.leases.take("work", 60)


async def test_who_was_too_slow_gives_nobody_elses_lease_back(store: Store, clock: Clock) -> None:
    slow = await store.leases.take("work", 60)
    assert slow is not None
    clock.pass_by(61)
    assert await store.leases.take("work", 60)
    await store.leases.give_back("work", slow)
    assert await store.leases.take("work", 60) is None


async def test_a_lease_is_given_back_when_its_block_fails(store: Store) -> None:
    async def work() -> None:
        async with store.leases.hold("work", 60, 5):
            raise Failed

    with pytest.raises(Failed):
        await work()
    assert await store.leases.take("work", 60)


async def test_who_waits_for_a_lease_gets_it_afterwards(store: Store) -> None:
    held, order = asyncio.Event(), []

    async def first() -> None:
        async with store.leases.hold("work", 60, 5):
            held.set()
            await asyncio.sleep(0)
            order.append("first")

    async def second() -> None:
        await held.wait()
        async with store.leases.hold("work", 60, 5):
            order.append("second")

    await asyncio.gather(first(), second())
    assert order == ["first", "second"]


async def test_nobody_waits_for_a_lease_for_ever(store: Store) -> None:
    await store.leases.take("work", 60)

    async def work() -> None:
        async with store.leases.hold("work", 60, 0.05):
            raise AssertionError("somebody else has the lease")

    with pytest.raises(TemporarilyUnavailable):
        await work()
    # Who gave up has left nothing in disorder.
    await store.ping()


async def test_a_lease_is_nobodys_whose_taker_was_cancelled(store: Store) -> None:
    taking = asyncio.create_task(store.leases.take("work", 60))
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert await store.leases.take("work", 60)


# Of SQLite there is one machine.
@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
@pytest.mark.real_time
async def test_of_machines_on_one_server_whose_clocks_differ_one_has_the_lease(
    place: Place, clock: Clock
) -> None:
    async with place.store(clock) as store, place.store(lambda: clock() + 3600) as ahead:
        holder = await store.leases.take("work", 60)
        assert holder is not None
        assert await ahead.leases.take("work", 60) is None
        assert await store.leases.extend("work", holder, 60)
        await Presence(ahead.leases).say()
        assert await running_on(store.database, lambda: clock() + 7200) == 1
        await ahead.housekeeping.delete_expired()
        assert await ahead.leases.take("work", 60) is None
