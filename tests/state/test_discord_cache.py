"""An answer of Discord is kept for as long as its kind says, and longer in an outage."""

from typing import Final

import pytest
from prometheus_client import REGISTRY
from pydantic import TypeAdapter
from structlog.testing import capture_logs

from snowflake.errors import TemporarilyUnavailable
from snowflake.state.discord_cache import DiscordCache, Kind, Remembered
from snowflake.store.memberships import KEPT, Membership, Memberships
from tests.running import NOW, Clock, Snowflake

KEY: Final = ("80351110224678912", "197038439483310086")
KIND: Final = Kind("guilds", TypeAdapter(list[str]), 60)
OFF: Final = Kind("guilds", TypeAdapter(list[str]), 0)
OUTAGE: Final = TemporarilyUnavailable("Discord did not answer; try again")


class Answers:
    """What Discord answers, or how it fails, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: list[str] | TemporarilyUnavailable = ["in"]

    async def __call__(self) -> list[str]:
        self.asked += 1
        if isinstance(self.answer, TemporarilyUnavailable):
            raise self.answer
        return self.answer


@pytest.fixture
def discord_says() -> Answers:
    return Answers()


@pytest.fixture
async def rows(snowflake: Snowflake) -> Memberships:
    return snowflake.state.store.memberships


@pytest.fixture
async def cache(rows: Memberships, clock: Clock) -> DiscordCache:
    return DiscordCache(rows, clock)


async def keep(cache: DiscordCache, rows: Memberships, answer: list[str], asked_at: float) -> None:
    """Keep what a login has heard."""
    heard = await cache.heard(KIND, KEY, answer, asked_at, KEPT)
    assert heard.learnt is not None
    await rows.remember(heard.learnt)


def counted() -> dict[str, float]:
    """Answer how often each outcome was counted so far."""
    name, outcomes = "snowflake_memory_lookups_total", ("fresh", "stale", "missed")
    return {
        outcome: REGISTRY.get_sample_value(name, {"kind": KIND.name, "outcome": outcome}) or 0.0
        for outcome in outcomes
    }


async def test_what_is_younger_than_its_lifetime_is_not_asked_for_again(
    cache: DiscordCache, discord_says: Answers, clock: Clock
) -> None:
    for seconds, age, asked in ((0, 0, 1), (59, 59, 1), (1, 0, 2)):
        clock.pass_by(seconds)
        assert await cache.look_up(KIND, KEY, KEPT, discord_says) == Remembered(["in"], age)
        assert discord_says.asked == asked


async def test_who_wants_it_anew_gets_what_is_kept_in_an_outage_alone(
    cache: DiscordCache, discord_says: Answers, clock: Clock
) -> None:
    await cache.look_up(KIND, KEY, KEPT, discord_says)
    discord_says.answer = ["out"]
    assert (await cache.look_up(KIND, KEY, KEPT, discord_says, anew=True)).answer == ["out"]
    discord_says.answer = OUTAGE
    clock.pass_by(1)
    with capture_logs() as logs:
        kept = await cache.look_up(KIND, KEY, KEPT, discord_says, anew=True)
    assert kept == Remembered(["out"], 1)
    assert [line["event"] for line in logs] == ["stale_claims"]


async def test_switched_off_nothing_is_kept(
    cache: DiscordCache, rows: Memberships, discord_says: Answers
) -> None:
    for _ in range(2):
        assert await cache.look_up(OFF, KEY, KEPT, discord_says) == Remembered(["in"], 0)
    assert discord_says.asked == 2
    assert await cache.heard(OFF, KEY, ["in"], NOW, KEPT) == Remembered(["in"], 0)
    assert await rows.of_person(KEY[0]) == []


@pytest.mark.parametrize("asked_at", [NOW - KEPT - 1, NOW + KEPT + 1])
async def test_what_is_too_old_or_from_the_future_is_not_believed(
    cache: DiscordCache, rows: Memberships, discord_says: Answers, asked_at: int
) -> None:
    await keep(cache, rows, ["old"], asked_at)
    discord_says.answer = OUTAGE
    with pytest.raises(TemporarilyUnavailable):
        await cache.look_up(KIND, KEY, KEPT, discord_says)


async def test_a_clock_that_is_a_little_behind_does_no_harm(
    cache: DiscordCache, rows: Memberships, discord_says: Answers
) -> None:
    await keep(cache, rows, ["ahead"], NOW + 2)
    assert await cache.look_up(KIND, KEY, KEPT, discord_says) == Remembered(["ahead"], 2)


async def test_what_another_release_has_written_is_asked_for_anew(
    cache: DiscordCache, rows: Memberships, discord_says: Answers
) -> None:
    await rows.remember(Membership(*KEY, '{"guilds": 1}', NOW))
    assert await cache.look_up(KIND, KEY, KEPT, discord_says) == Remembered(["in"], 0)


async def test_an_answer_that_cannot_be_remembered_is_an_answer(
    cache: DiscordCache,
    rows: Memberships,
    discord_says: Answers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(_: object, __: Membership) -> None:
        raise TemporarilyUnavailable("the store cannot be reached; try again")

    monkeypatch.setattr(type(rows), "remember", fails)
    assert await cache.look_up(KIND, KEY, KEPT, discord_says) == Remembered(["in"], 0)


async def test_who_heard_of_an_outage_gets_what_is_kept_unless_it_is_too_old(
    cache: DiscordCache, rows: Memberships
) -> None:
    with pytest.raises(TemporarilyUnavailable):
        await cache.heard(KIND, KEY, OUTAGE, NOW, KEPT)
    await keep(cache, rows, ["in"], NOW - 100)
    assert await cache.heard(KIND, KEY, OUTAGE, NOW, 100) == Remembered(["in"], 100)
    with pytest.raises(TemporarilyUnavailable):
        await cache.heard(KIND, KEY, OUTAGE, NOW, 99)


async def test_lookups_are_counted_by_what_came_of_them(
    cache: DiscordCache, discord_says: Answers, clock: Clock
) -> None:
    before = counted()
    for _ in range(3):
        await cache.look_up(KIND, KEY, KEPT, discord_says)
    discord_says.answer = OUTAGE
    clock.pass_by(60)
    await cache.look_up(KIND, KEY, KEPT, discord_says)
    with pytest.raises(TemporarilyUnavailable):
        await cache.look_up(KIND, ("somebody else", KEY[1]), KEPT, discord_says)
    after = counted()
    assert {outcome: after[outcome] - before[outcome] for outcome in after} == {
        "fresh": 2,
        "stale": 1,
        "missed": 2,
    }
