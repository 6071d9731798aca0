"""What the bot sees, and what it means that Discord refuses it."""

import asyncio
from typing import Final

import httpx
import pytest
import respx
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from snowflake.discord.bot import REFUSED_FOR
from snowflake.discord.client import DiscordClient
from snowflake.discord.models import Guild
from snowflake.errors import TemporarilyUnavailable
from tests.clocks import Times
from tests.discord.calls import GUILD, MEMBER
from tests.discord.conftest import REPOSITORY
from tests.running import DISCORD_API, GUILDS, USER, Discord

PERSON: Final = "80351110224678912"
OTHER_GUILD: Final = "81384788765712384"
ROLES: Final = [
    {"id": GUILD, "name": "@everyone", "managed": False},
    {"id": "41771983423143936", "name": "Owl \U0001f989", "managed": True},
]
PUBLIC: Final = {
    name: USER[name] for name in ("id", "username", "discriminator", "global_name", "avatar")
}
REFUSED: Final = httpx.Response(401, json={"message": "401: Unauthorized", "code": 0})
NOT_THERE: Final = [
    httpx.Response(404, json={"message": "Unknown Guild", "code": 10004}),
    httpx.Response(403, json={"message": "Missing Access", "code": 50001}),
]


@pytest.fixture
def member(discord: Discord) -> respx.Route:
    url = f"{DISCORD_API}/guilds/{GUILD}/members/{PERSON}"
    return discord.router.get(url).respond(json=MEMBER)


@pytest.fixture
def roles(discord: Discord) -> respx.Route:
    return discord.router.get(f"{DISCORD_API}/guilds/{GUILD}/roles").respond(json=ROLES)


@pytest.fixture
def user(discord: Discord) -> respx.Route:
    return discord.router.get(f"{DISCORD_API}/users/{PERSON}").respond(json=PUBLIC)


async def test_the_bot_sees_of_anybody_what_is_public(
    client: DiscordClient, user: respx.Route
) -> None:
    found = await client.bot.user(PERSON)
    assert found is not None
    assert (found.username, found.email, found.locale) == ("nelly", None, None)
    assert user.calls.last.request.headers["authorization"] == "Bot bot-token"


async def test_whom_discord_does_not_know_is_none_and_another_404_an_outage(
    client: DiscordClient, user: respx.Route
) -> None:
    user.respond(404, json={"message": "Unknown User", "code": 10013})
    assert await client.bot.user(PERSON) is None
    user.respond(404, json={"message": "404: Not Found", "code": 0})
    with pytest.raises(TemporarilyUnavailable):
        await client.bot.user(PERSON)


async def test_the_bot_sees_a_member(client: DiscordClient, member: respx.Route) -> None:
    found = await client.bot.member(GUILD, PERSON)
    assert found is not None
    assert found.nick == "Owl"
    assert member.calls.last.request.headers["authorization"] == "Bot bot-token"


@pytest.mark.parametrize("code", [10007, 10013])
async def test_who_is_no_member_or_nobody_is_none(
    client: DiscordClient, member: respx.Route, code: int
) -> None:
    member.respond(404, json={"message": "Unknown", "code": code})
    assert await client.bot.member(GUILD, PERSON) is None


async def test_the_bot_sees_the_roles_of_a_guild(client: DiscordClient, roles: respx.Route) -> None:
    found = await client.bot.roles(GUILD)
    assert [(role.name, role.managed) for role in found] == [
        ("@everyone", False),
        ("Owl \U0001f989", True),
    ]


async def test_the_bot_sees_its_guilds_page_by_page(
    client: DiscordClient, discord: Discord
) -> None:
    everything = [{"id": str(number), "name": f"g{number}"} for number in range(1, 302)]

    def page(request: httpx.Request) -> httpx.Response:
        after = int(request.url.params.get("after", "0"))
        assert request.url.params["limit"] == "200"
        return httpx.Response(200, json=everything[after : after + 200])

    discord.guilds.mock(side_effect=page)
    assert len(await client.bot.guilds()) == 301
    discord.guilds.mock(side_effect=None, return_value=httpx.Response(200, json=GUILDS))
    assert await client.bot.guilds() == [
        Guild(id=str(guild["id"]), name=str(guild["name"])) for guild in GUILDS
    ]


async def test_a_page_with_an_odd_guild_is_full_all_the_same(
    client: DiscordClient, discord: Discord
) -> None:
    everything = [{"id": str(number), "name": f"g{number}"} for number in range(1, 302)]

    def page(request: httpx.Request) -> httpx.Response:
        after = int(request.url.params.get("after", "0"))
        odd = {"id": None, "name": "odd"}
        return httpx.Response(200, json=[odd, *everything[after + 1 : after + 200]])

    discord.guilds.mock(side_effect=page)
    assert [guild.id for guild in await client.bot.guilds()] == [
        guild["id"] for guild in everything if guild["id"] not in {"1", "201"}
    ]


async def test_a_role_that_cannot_be_told_from_others_spoils_the_list(
    client: DiscordClient, roles: respx.Route
) -> None:
    roles.respond(json=[{"id": GUILD, "name": "@everyone", "managed": False}, {"name": "Owl"}])
    with pytest.raises(TemporarilyUnavailable):
        await client.bot.roles(GUILD)


async def test_one_lookup_serves_all_who_ask_for_the_same(
    client: DiscordClient, member: respx.Route
) -> None:
    both = await asyncio.gather(*(client.bot.member(GUILD, PERSON) for _ in range(2)))
    assert both[0] == both[1]
    assert member.call_count == 1


async def test_a_refused_token_is_named_in_the_log_and_not_tried_again_for_a_while(
    client: DiscordClient, member: respx.Route, roles: respx.Route, discord: Discord, times: Times
) -> None:
    member.mock(return_value=REFUSED)
    with capture_logs() as logs, pytest.raises(TemporarilyUnavailable) as refused:
        await client.bot.member(GUILD, PERSON)
    assert (refused.value.answered, refused.value.retry_after) == (True, REFUSED_FOR)
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("discord_bot_token_refused", "error")
    ]
    assert "bot-token" not in str(logs)
    before = counted()
    times.now += REFUSED_FOR - 1
    for ask in (client.bot.member(GUILD, PERSON), client.bot.roles(GUILD), client.bot.guilds()):
        with pytest.raises(TemporarilyUnavailable) as refused:
            await ask
        assert (refused.value.answered, refused.value.retry_after) == (False, 1)
    assert counted() - before == 3
    assert (member.call_count, roles.call_count, discord.guilds.call_count) == (1, 0, 0)
    times.now += 1
    assert await client.bot.roles(GUILD)


@pytest.mark.parametrize("answer", NOT_THERE, ids=["404", "403"])
async def test_a_guild_that_the_bot_is_not_in_says_nothing_of_anybody(
    client: DiscordClient, member: respx.Route, roles: respx.Route, answer: httpx.Response
) -> None:
    member.mock(return_value=answer)
    with capture_logs() as logs, pytest.raises(TemporarilyUnavailable):
        await client.bot.member(GUILD, PERSON)
    assert logs == [{"event": "discord_bot_not_in_guild", "log_level": "error", "guild": GUILD}]
    for ask in (client.bot.member(GUILD, PERSON), client.bot.roles(GUILD)):
        with pytest.raises(TemporarilyUnavailable):
            await ask
    assert (member.call_count, roles.call_count) == (1, 0)


async def test_of_another_guild_it_is_asked_all_the_same(
    client: DiscordClient, member: respx.Route, discord: Discord, times: Times
) -> None:
    member.mock(return_value=NOT_THERE[0])
    with pytest.raises(TemporarilyUnavailable):
        await client.bot.member(GUILD, PERSON)
    url = f"{DISCORD_API}/guilds/{OTHER_GUILD}/members/{PERSON}"
    discord.router.get(url).respond(json=MEMBER)
    assert await client.bot.member(OTHER_GUILD, PERSON) is not None
    member.respond(json=MEMBER)
    times.now += REFUSED_FOR
    assert await client.bot.member(GUILD, PERSON) is not None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"message": "404: Not Found", "code": 0}),
        httpx.Response(404, text="<html>"),
        httpx.Response(403, json={"message": "Missing Permissions", "code": 50013}),
        httpx.Response(404, json={"message": "Unknown Channel", "code": 10003}),
        httpx.Response(200, json=[]),
    ],
)
async def test_another_refusal_does_not_make_somebody_no_member(
    client: DiscordClient, member: respx.Route, answer: httpx.Response
) -> None:
    member.mock(return_value=answer)
    for _ in range(2):
        with pytest.raises(TemporarilyUnavailable):
            await client.bot.member(GUILD, PERSON)
    assert member.call_count == 2


async def test_without_a_bot_nobody_is_asked(discord: Discord, times: Times) -> None:
    async with DiscordClient.open(DISCORD_API, REPOSITORY, clocks=times.clocks) as client:
        with pytest.raises(TemporarilyUnavailable):
            await client.bot.member(GUILD, PERSON)
    assert not discord.calls


async def test_the_bot_waits_for_the_limits_of_its_own(
    client: DiscordClient, member: respx.Route, times: Times
) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "2"}
    member.respond(json=MEMBER, headers=headers)
    await client.bot.member(GUILD, PERSON)
    await client.bot.member(GUILD, PERSON)
    assert times.slept == [pytest.approx(2, abs=0.1)]
    assert not client.may_be_limited("member")


def counted() -> float:
    labels = {"reason": "bot"}
    return REGISTRY.get_sample_value("snowflake_discord_calls_refused_total", labels) or 0.0
