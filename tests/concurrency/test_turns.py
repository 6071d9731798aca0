import asyncio
import gc

import pytest

from snowflake.concurrency.turns import Turns


@pytest.mark.parametrize("at_once", [1, 3])
async def test_no_more_of_one_key_come_at_once_than_may(at_once: int) -> None:
    turns, at_it, most = Turns(at_once), 0, 0

    async def work() -> None:
        nonlocal at_it, most
        async with turns.of("key"):
            at_it += 1
            most = max(most, at_it)
            await asyncio.sleep(0)
            at_it -= 1

    await asyncio.gather(*(work() for _ in range(10)))
    assert most == at_once


async def test_those_of_other_keys_do_not_wait() -> None:
    turns = Turns()
    async with turns.of("one"), turns.of("two"):
        assert turns.of("one").locked()
        assert turns.of("two").locked()
        assert not turns.of("three").locked()


async def test_keys_are_forgotten_when_nobody_needs_them() -> None:
    turns = Turns()
    async with turns.of("key"):
        assert len(turns._semaphores) == 1
    gc.collect()
    assert len(turns._semaphores) == 0


async def test_a_turn_ends_when_its_work_fails() -> None:
    turns = Turns()
    try:
        async with turns.of("key"):
            raise LookupError
    except LookupError:
        pass
    assert not turns.of("key").locked()
