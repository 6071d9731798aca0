"""How fast the bot looks again, so that Discord's limits hold and logins come first."""

from collections.abc import AsyncIterator

import pytest
import respx
from pydantic import SecretStr
from structlog.testing import capture_logs

from snowflake.discord.client import DiscordClient
from snowflake.errors import TemporarilyUnavailable
from snowflake.oidc.watch.pace import FASTEST, LONGEST_WAIT, SLOWEST, Pace
from snowflake.store.watched_people import Due
from tests.clocks import Times
from tests.running import DISCORD_API, NOW, Discord

GUILD, PERSON = "197038439483310086", "80351110224678912"
EVERY = 300.0


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
async def bot(discord: Discord, times: Times) -> AsyncIterator[DiscordClient]:
    """Open a client whose bot asks in a time of its own."""
    token = SecretStr("bot-token")
    async with DiscordClient.open(
        DISCORD_API, "https://example.com", clocks=times.clocks, bot_token=token
    ) as client:
        yield client


@pytest.fixture
def member(discord: Discord) -> respx.Route:
    return discord.router.get(f"{DISCORD_API}/guilds/{GUILD}/members/{PERSON}")


def limited_to(member: respx.Route, remaining: int, seconds: float, passed: float = 0) -> None:
    """Let Discord say how many requests are left, and for how long, when some time has passed."""
    headers = {
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(NOW + passed + seconds),
        "X-RateLimit-Reset-After": str(seconds),
        "X-RateLimit-Bucket": "members",
    }
    member.respond(json={"roles": []}, headers=headers)


@pytest.mark.parametrize(
    ("waiting", "looked_at", "rate"),
    [
        (1, NOW - 225, SLOWEST),
        # There are 60 seconds left.
        (600, NOW - 225, 10.0),
        (10_000, NOW - 225, FASTEST),
        # They should have been looked at before.
        (1, NOW - 1000, FASTEST),
    ],
)
async def test_everybody_is_to_come_in_time(
    bot: DiscordClient, waiting: int, looked_at: int, rate: float
) -> None:
    assert Pace(bot).rate(Due(PERSON, looked_at), waiting, EVERY, NOW) == rate


async def test_lookups_are_apart_by_as_much_as_their_rate_says(bot: DiscordClient) -> None:
    pace = Pace(bot)
    assert pace.wait([GUILD] * 4, 20) == 0
    assert pace.wait([GUILD] * 4, 20) == pytest.approx(0.2, abs=0.05)
    assert pace.wait([GUILD], 20) == pytest.approx(0.4, abs=0.05)
    assert pace.wait([], 20) == 0


async def test_half_of_what_is_left_is_for_logins(bot: DiscordClient, member: respx.Route) -> None:
    limited_to(member, remaining=8, seconds=4)
    await bot.bot.member(GUILD, PERSON)
    assert bot.bot.pause(GUILD) == pytest.approx(1.0, abs=0.01)
    assert bot.bot.pause("another guild") == 0
    assert Pace(bot).wait([GUILD, GUILD], FASTEST) == pytest.approx(2.0, abs=0.02)


async def test_the_last_ones_are_for_logins(
    bot: DiscordClient, member: respx.Route, times: Times
) -> None:
    limited_to(member, remaining=1, seconds=LONGEST_WAIT + 1)
    await bot.bot.member(GUILD, PERSON)
    assert Pace(bot).wait([GUILD], FASTEST) is None
    times.now += LONGEST_WAIT + 2
    assert Pace(bot).wait([GUILD], FASTEST) == 0


async def test_a_bucket_is_not_emptied_by_whoever_waits_so(
    bot: DiscordClient, member: respx.Route, times: Times
) -> None:
    left, end = 10, times.now + 10
    asked = 0
    while times.now < end:
        left -= 1
        asked += 1
        limited_to(member, left, end - times.now, 10 - (end - times.now))
        await bot.bot.member(GUILD, PERSON)
        times.now += bot.bot.pause(GUILD)
    assert left > 0
    assert asked > 4


async def test_while_discord_is_down_nobody_is_asked(
    bot: DiscordClient, discord: Discord, member: respx.Route
) -> None:
    member.respond(500)
    discord.gateway.respond(500)
    for _ in range(5):
        with pytest.raises(TemporarilyUnavailable):
            await bot.bot.member(GUILD, PERSON)
    assert Pace(bot).wait([GUILD], FASTEST) is None
    # What needs no lookup goes on.
    assert Pace(bot).wait([], FASTEST) == 0


async def test_that_there_are_too_many_is_said_once_and_not_while_catching_up(
    bot: DiscordClient,
) -> None:
    pace = Pace(bot)

    def late(now: float) -> list[str]:
        with capture_logs() as logs:
            pace.rate(Due(PERSON, int(now - EVERY - 1)), 10_000, EVERY, now)
        return [log["event"] for log in logs]

    def in_time(now: float) -> None:
        pace.rate(Due(PERSON, int(now - EVERY + 1)), 10_000, EVERY, now)

    assert late(NOW) == late(NOW + EVERY) == []
    in_time(NOW + EVERY + 1)
    assert late(NOW + EVERY + 2) == late(NOW + 2 * EVERY) == []
    # There was an outage.
    pace.catch_up()
    assert late(NOW + 2 * EVERY + 3) == late(NOW + 3 * EVERY) == []
    assert late(NOW + 3 * EVERY + 4) == ["watch_too_short"]
    assert late(NOW + 4 * EVERY) == []
