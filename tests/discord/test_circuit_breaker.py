import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from snowflake.discord.circuit_breaker import (
    FAILURES,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    WITHIN,
    Breaker,
    Outcome,
)
from snowflake.errors import DiscordDown
from tests.clocks import Times, pass_by, settle
from tests.running import NOW


class Probe:
    """What asks whether Discord is there, and how often it was sent."""

    def __init__(self) -> None:
        self.finds = Outcome.FAILED
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.sent = 0

    async def __call__(self) -> Outcome:
        self.sent += 1
        await self.may_end.wait()
        return self.finds


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture
async def breaker(times: Times, probe: Probe) -> AsyncIterator[Breaker]:
    times.patience = 0
    breaker = Breaker(times.clocks)
    probing = asyncio.create_task(breaker.probing(probe))
    yield breaker
    probing.cancel()
    await asyncio.wait([probing])
    assert probing.cancelled()


def fail(breaker: Breaker, number: int = FAILURES) -> None:
    for _ in range(number):
        breaker.note(Outcome.FAILED)


def down(breaker: Breaker) -> DiscordDown | None:
    try:
        breaker.check()
    except DiscordDown as error:
        return error
    return None


def test_some_failures_are_no_outage(breaker: Breaker) -> None:
    fail(breaker, FAILURES - 1)
    assert not down(breaker)


def test_after_failures_in_a_row_calls_fail_at_once(breaker: Breaker, times: Times) -> None:
    fail(breaker, 1)
    times.now += 20
    fail(breaker, FAILURES - 1)
    times.now += 1
    error = down(breaker)
    assert error is not None
    assert (error.since, error.lasting) == (NOW, 21)
    assert error.retry_after == FIRST_PAUSE - 1


def test_an_answer_between_ends_the_row(breaker: Breaker) -> None:
    fail(breaker, FAILURES - 1)
    breaker.note(Outcome.ANSWERED)
    fail(breaker, FAILURES - 1)
    assert not down(breaker)


def test_a_limit_between_does_not(breaker: Breaker) -> None:
    fail(breaker, FAILURES - 1)
    breaker.note(Outcome.NEITHER)
    fail(breaker, 1)
    assert down(breaker)


def test_failures_that_are_far_apart_are_no_outage(breaker: Breaker, times: Times) -> None:
    for _ in range(FAILURES * 2):
        times.now += WITHIN / (FAILURES - 1) + 0.1
        fail(breaker, 1)
    assert not down(breaker)


def test_failures_of_long_ago_are_not_when_it_began(breaker: Breaker, times: Times) -> None:
    fail(breaker, 1)
    times.now += 5000
    fail(breaker)
    error = down(breaker)
    assert error is not None
    assert (error.since, error.lasting) == (NOW + 5000, 0)


async def test_a_good_discord_is_not_probed(breaker: Breaker, times: Times, probe: Probe) -> None:
    fail(breaker, FAILURES - 1)
    breaker.note(Outcome.ANSWERED)
    await pass_by(times, LONGEST_PAUSE)
    assert probe.sent == 0


async def test_nobody_is_let_into_an_outage_until_a_probe_is_answered(
    breaker: Breaker, times: Times, probe: Probe
) -> None:
    fail(breaker)
    for pause in (FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4, LONGEST_PAUSE, LONGEST_PAUSE):
        error, sent = down(breaker), probe.sent
        assert error is not None
        assert error.retry_after == pause
        await pass_by(times, pause - 0.1)
        assert probe.sent == sent
        await pass_by(times, 0.1)
        assert probe.sent == sent + 1
    probe.finds = Outcome.ANSWERED
    await pass_by(times, LONGEST_PAUSE - 0.1)
    assert down(breaker)
    await pass_by(times, 0.1)
    assert not down(breaker)


async def test_a_limit_tells_a_probe_that_somebody_is_there(
    breaker: Breaker, times: Times, probe: Probe
) -> None:
    fail(breaker)
    probe.finds = Outcome.NEITHER
    await pass_by(times, FIRST_PAUSE)
    assert not down(breaker)


async def test_while_a_probe_is_under_way_calls_fail_at_once(
    breaker: Breaker, times: Times, probe: Probe
) -> None:
    fail(breaker)
    probe.may_end.clear()
    await pass_by(times, FIRST_PAUSE + 3)
    error = down(breaker)
    assert probe.sent == 1
    assert error is not None
    assert error.retry_after == 1


async def test_an_answer_to_a_call_from_before_ends_it_too(
    breaker: Breaker, times: Times, probe: Probe
) -> None:
    fail(breaker)
    await settle()
    breaker.note(Outcome.ANSWERED)
    assert not down(breaker)
    await pass_by(times, LONGEST_PAUSE)
    assert probe.sent == 0
    fail(breaker, FAILURES - 1)
    assert not down(breaker)


@pytest.mark.parametrize("finds", [Outcome.FAILED, Outcome.BLOCKED])
async def test_and_a_probe_that_was_under_way_finds_nothing_against_it(
    breaker: Breaker, times: Times, probe: Probe, finds: Outcome
) -> None:
    fail(breaker)
    probe.finds = finds
    probe.may_end.clear()
    await pass_by(times, FIRST_PAUSE)
    breaker.note(Outcome.ANSWERED)
    probe.may_end.set()
    await pass_by(times, LONGEST_PAUSE)
    assert not down(breaker)
    assert probe.sent == 1


def test_failures_of_calls_from_before_count_once(breaker: Breaker) -> None:
    fail(breaker, FAILURES * 3)
    breaker.note(Outcome.ANSWERED)
    fail(breaker, FAILURES - 1)
    assert not down(breaker)


async def test_after_a_probes_answer_some_failures_are_no_outage_as_at_first(
    breaker: Breaker, times: Times, probe: Probe
) -> None:
    fail(breaker)
    probe.finds = Outcome.ANSWERED
    await pass_by(times, FIRST_PAUSE)
    fail(breaker, FAILURES - 1)
    assert not down(breaker)
    fail(breaker, 1)
    error = down(breaker)
    # No call has been answered, so that the next probe is a longer while away.
    assert error is not None
    assert (error.since, error.retry_after) == (NOW + FIRST_PAUSE, FIRST_PAUSE * 2)


async def test_the_answer_to_a_call_makes_the_next_outage_a_new_one(
    breaker: Breaker, times: Times, probe: Probe
) -> None:
    probe.finds = Outcome.ANSWERED
    fail(breaker)
    await pass_by(times, FIRST_PAUSE)
    breaker.note(Outcome.ANSWERED)
    fail(breaker)
    error = down(breaker)
    assert error is not None
    assert error.retry_after == FIRST_PAUSE


@pytest.mark.parametrize("neutral", range(FAILURES))
async def test_failures_of_what_a_stranger_may_have_sent_are_no_outage(
    breaker: Breaker, times: Times, probe: Probe, neutral: int
) -> None:
    probe.finds = Outcome.ANSWERED
    for number in range(1, 4):
        fail(breaker, neutral)
        for _ in range(FAILURES * 2):
            breaker.note(Outcome.SUSPECT)
        assert not down(breaker)
        # However many there are, Discord is asked once in a while.
        await pass_by(times, FIRST_PAUSE)
        assert not down(breaker)
        assert probe.sent == number
    # And what is found ends the row.
    fail(breaker, FAILURES - 1)
    assert not down(breaker)


async def test_unless_a_probe_fails_too(breaker: Breaker, times: Times, probe: Probe) -> None:
    for _ in range(FAILURES):
        breaker.note(Outcome.SUSPECT)
    await pass_by(times, FIRST_PAUSE)
    error = down(breaker)
    assert error is not None
    assert (error.since, error.retry_after) == (NOW, FIRST_PAUSE * 2)
    probe.finds = Outcome.ANSWERED
    await pass_by(times, FIRST_PAUSE * 2)
    assert not down(breaker)


async def test_some_of_them_are_not_even_looked_into(
    breaker: Breaker, times: Times, probe: Probe
) -> None:
    for _ in range(FAILURES - 1):
        breaker.note(Outcome.SUSPECT)
    await pass_by(times, LONGEST_PAUSE)
    assert probe.sent == 0


async def test_a_probe_that_breaks_is_not_the_last_one(
    breaker: Breaker, times: Times, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(_: object) -> Outcome:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(Probe, "__call__", breaks)
        fail(breaker)
        await pass_by(times, FIRST_PAUSE)
    assert not down(breaker)
    assert "unexpected_error" in [line["event"] for line in logs]
    fail(breaker)
    await pass_by(times, LONGEST_PAUSE)
    assert probe.sent == 1


async def test_requests_that_discord_blocks_are_no_outage(
    breaker: Breaker, times: Times, probe: Probe
) -> None:
    probe.finds = Outcome.ANSWERED
    for number in range(1, 4):
        for _ in range(FAILURES * 2):
            breaker.note(Outcome.BLOCKED)
        assert not down(breaker)
        # However many there are, Discord is asked once in a while.
        await pass_by(times, FIRST_PAUSE)
        assert not down(breaker)
        assert probe.sent == number


async def test_when_a_probe_is_blocked_too_our_address_is_banned(
    breaker: Breaker, times: Times, probe: Probe
) -> None:
    breaker.note(Outcome.BLOCKED)
    probe.finds = Outcome.BLOCKED
    await pass_by(times, FIRST_PAUSE)
    error = down(breaker)
    assert error is not None
    assert (error.since, error.retry_after) == (NOW + FIRST_PAUSE, FIRST_PAUSE * 2)
    probe.finds = Outcome.ANSWERED
    await pass_by(times, FIRST_PAUSE * 2)
    assert not down(breaker)


async def test_when_a_probe_fails_otherwise_another_tells(
    breaker: Breaker, times: Times, probe: Probe
) -> None:
    breaker.note(Outcome.BLOCKED)
    await pass_by(times, FIRST_PAUSE)
    assert not down(breaker)
    probe.finds = Outcome.BLOCKED
    await pass_by(times, FIRST_PAUSE * 2)
    assert down(breaker)


def test_an_outage_and_its_end_are_logged_and_measured(breaker: Breaker, times: Times) -> None:
    with capture_logs() as logs:
        fail(breaker)
        assert REGISTRY.get_sample_value("snowflake_discord_down") == 1
        times.now += 65
        breaker.note(Outcome.ANSWERED)
        breaker.note(Outcome.ANSWERED)
    assert REGISTRY.get_sample_value("snowflake_discord_down") == 0
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("discord_down", "error"),
        ("discord_back", "info"),
    ]
    assert (logs[0]["since"], logs[1]["down_seconds"]) == (NOW, 65)
