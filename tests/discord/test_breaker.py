import asyncio

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from snowflake.discord.breaker import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, WITHIN, Breaker, Outcome
from snowflake.errors import DiscordDown
from tests.discord.clocks import Times, settle
from tests.running import NOW


@pytest.fixture
def breaker(times: Times) -> Breaker:
    return Breaker(times.clocks)


async def call(breaker: Breaker, outcome: Outcome) -> None:
    breaker.leave(outcome, probe=await breaker.enter(10))


async def fail(breaker: Breaker, times: int = FAILURES) -> None:
    for _ in range(times):
        await call(breaker, Outcome.FAILED)


async def is_down(breaker: Breaker) -> bool:
    try:
        breaker.check()
    except DiscordDown:
        return True
    return False


async def test_some_failures_are_no_outage(breaker: Breaker) -> None:
    await fail(breaker, FAILURES - 1)
    assert not await is_down(breaker)


async def test_after_failures_in_a_row_calls_fail_at_once(breaker: Breaker, times: Times) -> None:
    await call(breaker, Outcome.FAILED)
    times.now += 20
    await fail(breaker, FAILURES - 1)
    times.now += 1
    with pytest.raises(DiscordDown) as down:
        await breaker.enter(10)
    assert (down.value.since, down.value.lasting) == (NOW, 21)
    assert down.value.retry_after == FIRST_PAUSE - 1
    with pytest.raises(DiscordDown):
        breaker.check()


async def test_an_answer_between_ends_the_row(breaker: Breaker) -> None:
    await fail(breaker, FAILURES - 1)
    await call(breaker, Outcome.ANSWERED)
    await fail(breaker, FAILURES - 1)
    assert not await is_down(breaker)


async def test_a_limit_between_does_not(breaker: Breaker) -> None:
    await fail(breaker, FAILURES - 1)
    await call(breaker, Outcome.NEITHER)
    await fail(breaker, 1)
    assert await is_down(breaker)


async def test_failures_that_are_far_apart_are_no_outage(breaker: Breaker, times: Times) -> None:
    for _ in range(FAILURES * 2):
        times.now += WITHIN / (FAILURES - 1) + 0.1
        await call(breaker, Outcome.FAILED)
    assert not await is_down(breaker)


async def test_after_the_pause_everybody_is_let_through_again(
    breaker: Breaker, times: Times
) -> None:
    await fail(breaker)
    times.now += FIRST_PAUSE - 0.1
    assert await is_down(breaker)
    times.now += 0.1
    assert not await is_down(breaker)


async def test_one_call_tries_while_others_wait_for_what_it_finds(
    breaker: Breaker, times: Times
) -> None:
    await fail(breaker)
    times.now += FIRST_PAUSE
    assert await breaker.enter(10)
    others = [asyncio.create_task(breaker.enter(10)) for _ in range(3)]
    await settle()
    assert not any(other.done() for other in others)
    breaker.leave(Outcome.ANSWERED, probe=True)
    assert await asyncio.gather(*others) == [False] * 3


async def test_when_it_fails_so_do_the_others_and_the_pause_is_longer(
    breaker: Breaker, times: Times
) -> None:
    await fail(breaker)
    times.now += FIRST_PAUSE
    assert await breaker.enter(10)
    others = [asyncio.create_task(breaker.enter(10)) for _ in range(3)]
    await settle()
    breaker.leave(Outcome.FAILED, probe=True)
    ends = await asyncio.gather(*others, return_exceptions=True)
    assert all(isinstance(end, DiscordDown) for end in ends)
    assert {end.retry_after for end in ends if isinstance(end, DiscordDown)} == {FIRST_PAUSE * 2}
    for _ in range(5):
        times.now += LONGEST_PAUSE
        assert not await is_down(breaker)
        await fail(breaker, 1)
    times.now += LONGEST_PAUSE - 0.1
    assert await is_down(breaker)


async def test_a_call_that_tells_nothing_lets_the_next_one_try(
    breaker: Breaker, times: Times
) -> None:
    await fail(breaker)
    times.now += FIRST_PAUSE
    assert await breaker.enter(10)
    other = asyncio.create_task(breaker.enter(10))
    await settle()
    breaker.leave(Outcome.NEITHER, probe=True)
    assert await other
    breaker.leave(Outcome.ANSWERED, probe=True)
    assert not await breaker.enter(10)


async def test_nobody_waits_longer_than_they_can(breaker: Breaker, times: Times) -> None:
    await fail(breaker)
    times.now += FIRST_PAUSE
    assert await breaker.enter(10)
    with pytest.raises(DiscordDown):
        await breaker.enter(0)


async def test_nor_behind_calls_that_come_to_nothing(breaker: Breaker, times: Times) -> None:
    await fail(breaker)
    times.now += FIRST_PAUSE
    assert await breaker.enter(10)
    others = [asyncio.create_task(breaker.enter(10)) for _ in range(2)]
    await settle()
    times.now += 11
    breaker.leave(Outcome.NEITHER, probe=True)
    assert await others[0]
    with pytest.raises(DiscordDown):
        await others[1]


async def test_failures_of_long_ago_are_not_when_it_began(breaker: Breaker, times: Times) -> None:
    await call(breaker, Outcome.FAILED)
    times.now += 5000
    await fail(breaker)
    with pytest.raises(DiscordDown) as down:
        breaker.check()
    assert (down.value.since, down.value.lasting) == (NOW + 5000, 0)


async def test_calls_from_before_count_once(breaker: Breaker, times: Times) -> None:
    before = [await breaker.enter(10) for _ in range(FAILURES * 3)]
    for probe in before:
        breaker.leave(Outcome.FAILED, probe=probe)
    times.now += FIRST_PAUSE
    assert not await is_down(breaker)


async def test_an_answer_to_a_call_from_before_is_as_good_as_another(breaker: Breaker) -> None:
    before = await breaker.enter(10)
    await fail(breaker)
    breaker.leave(Outcome.ANSWERED, probe=before)
    assert not await is_down(breaker)
    await fail(breaker, FAILURES - 1)
    assert not await is_down(breaker)


async def test_an_outage_and_its_end_are_logged_and_measured(
    breaker: Breaker, times: Times
) -> None:
    with capture_logs() as logs:
        await fail(breaker)
        assert REGISTRY.get_sample_value("snowflake_discord_down") == 1
        times.now += 65
        await call(breaker, Outcome.ANSWERED)
        await call(breaker, Outcome.ANSWERED)
    assert REGISTRY.get_sample_value("snowflake_discord_down") == 0
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("discord_down", "error"),
        ("discord_back", "info"),
    ]
    assert (logs[0]["since"], logs[1]["down_seconds"]) == (NOW, 65)
