import asyncio
import gc

from snowflake.concurrency.turns import Turns


async def test_those_of_one_name_come_one_after_the_other() -> None:
    turns, at_it, most = Turns(), 0, 0

    async def work() -> None:
        nonlocal at_it, most
        async with turns.of("name"):
            at_it += 1
            most = max(most, at_it)
            await asyncio.sleep(0)
            at_it -= 1

    await asyncio.gather(*(work() for _ in range(10)))
    assert most == 1


async def test_those_of_other_names_do_not_wait() -> None:
    turns = Turns()
    async with turns.of("one"), turns.of("two"):
        assert turns.of("one").locked()
        assert turns.of("two").locked()
        assert not turns.of("three").locked()


async def test_names_are_forgotten_when_nobody_needs_them() -> None:
    turns = Turns()
    async with turns.of("name"):
        assert len(turns._locks) == 1
    gc.collect()
    assert len(turns._locks) == 0


async def test_a_turn_ends_when_its_work_fails() -> None:
    turns = Turns()
    try:
        async with turns.of("name"):
            raise LookupError
    except LookupError:
        pass
    assert not turns.of("name").locked()
