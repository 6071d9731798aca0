"""The secret of the subjects: one for all processes, whatever becomes of the key that seals it."""

import asyncio

import pytest

from snowflake.errors import StartFault
from snowflake.store.copy import copy_store, prepare
from tests.running import Clock
from tests.store.places import ENGINES, Place, place_on
from tests.store.test_sealing import NEW, OLD


async def test_there_is_none_before_it_is_needed_and_then_it_stays(
    place: Place, clock: Clock
) -> None:
    async with place.store(clock) as store:
        assert await store.subject_secret.find() is None
        secret = await store.subject_secret.made()
        assert len(secret) == 32
        assert await store.subject_secret.made() == secret
    async with place.store(clock) as store:
        assert await store.subject_secret.find() == secret
    assert secret.hex().encode() not in place.content()


async def test_all_that_start_together_have_the_same(place: Place, clock: Clock) -> None:
    async def start() -> bytes:
        async with place.store(clock) as store:
            return await store.subject_secret.made()

    assert len(set(await asyncio.gather(*(start() for _ in range(6))))) == 1


async def test_it_outlives_the_key_that_sealed_it(place: Place, clock: Clock) -> None:
    async with place.store(clock, OLD) as store:
        secret = await store.subject_secret.made()
    with pytest.raises(StartFault):
        async with place.store(clock, NEW):
            pass
    async with place.store(clock, NEW, OLD) as store:
        assert await store.subject_secret.made() == secret
        assert await store.housekeeping.seal_anew() == 1
    async with place.store(clock, NEW) as store:
        assert await store.subject_secret.made() == secret


@pytest.mark.parametrize("engine", ENGINES)
async def test_it_moves_house(
    place: Place, clock: Clock, engine: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with place.store(clock) as store:
        secret = await store.subject_secret.made()
    target = place_on(engine, tmp_path_factory.mktemp("target"))
    async with place.database() as old, target.database() as new:
        await prepare(old, new, clock)
        assert (await copy_store(old, new, clock))["subject_secret"] == 1
    async with target.store(clock) as store:
        assert await store.subject_secret.find() == secret
