"""What Discord said is taken from the memory while it is fresh, and while Discord is out."""

import json
from typing import Final

import httpx
import pytest
import respx
from pydantic import SecretStr
from structlog.testing import capture_logs

from snowflake.discord.models import Guild, Guilds, Member, Role
from snowflake.errors import InvalidGrant, TemporarilyUnavailable
from snowflake.settings import Settings
from snowflake.state.discord_cache import Remembered
from snowflake.state.memberships import LEAST_FOR_A_MEMBER, Memory
from snowflake.store.memberships import ALL_GUILDS, KEPT, NOBODY
from tests.running import DISCORD_API, GUILDS, NOW, USER, Clock, Discord, Snowflake

PERSON: Final = str(USER["id"])
OTHER: Final = "197038439483310086"
GUILD: Final = str(GUILDS[0]["id"])
TOKEN: Final = SecretStr("discord-access-token")
IN_BOTH: Final = Guilds(known=tuple(Guild.model_validate(guild) for guild in GUILDS))
NOWHERE: Final = Guilds(known=())
ROLE: Final = {"id": "41771983423143936", "name": "Owl", "managed": False}
MEMBER: Final = {"roles": ["1", "2"], "nick": None, "joined_at": "2026-01-02T03:04:05+00:00"}
OWLISH: Final = Member.model_validate_json(json.dumps(MEMBER))
#: What says nothing, and is not asked again.
UNUSABLE: Final = httpx.Response(404, json={"message": "404: Not Found", "code": 0})
NOT_IN_IT: Final = httpx.Response(404, json={"message": "Unknown Guild", "code": 10004})


def memory_of(snowflake: Snowflake, lifetime: float) -> Memory:
    state = snowflake.state
    return Memory(state.store.memberships, state.discord, lifetime, state.clock)


@pytest.fixture
async def memory(snowflake: Snowflake) -> Memory:
    return memory_of(snowflake, 60)


@pytest.fixture
def member(discord: Discord) -> respx.Route:
    return discord.router.get(f"{DISCORD_API}/users/@me/guilds/{GUILD}/member").respond(json=MEMBER)


async def test_a_fresh_list_is_not_asked_for_again(
    snowflake: Snowflake, memory: Memory, clock: Clock
) -> None:
    assert await memory.guilds(PERSON, TOKEN) == Remembered(IN_BOTH, 0)
    clock.pass_by(59)
    snowflake.discord.guilds.respond(json=[])
    assert await memory.guilds(PERSON, TOKEN) == Remembered(IN_BOTH, 59)
    clock.pass_by(1)
    assert await memory.guilds(PERSON, TOKEN) == Remembered(NOWHERE, 0)
    clock.pass_by(1)
    assert await memory.guilds(PERSON, TOKEN) == Remembered(NOWHERE, 1)
    assert snowflake.discord.guilds.call_count == 2


async def test_nobody_gets_what_is_remembered_of_another(
    snowflake: Snowflake, memory: Memory
) -> None:
    await memory.guilds(PERSON, TOKEN)
    snowflake.discord.guilds.respond(json=[])
    assert await memory.guilds(OTHER, SecretStr("another-token")) == Remembered(NOWHERE, 0)


async def test_switched_off_it_remembers_no_list(snowflake: Snowflake) -> None:
    memory = memory_of(snowflake, 0)
    for _ in range(2):
        assert (await memory.guilds(PERSON, TOKEN)).answer == IN_BOTH
    assert snowflake.discord.guilds.call_count == 2
    assert await memory.guilds_heard(PERSON, IN_BOTH, NOW) == Remembered(IN_BOTH, 0)
    assert await snowflake.state.store.memberships.of_person(PERSON) == []
    snowflake.discord.guilds.mock(return_value=UNUSABLE)
    with pytest.raises(TemporarilyUnavailable):
        await memory.guilds(PERSON, TOKEN)


@pytest.mark.parametrize(("lifetime", "fresh_for"), [(0, LEAST_FOR_A_MEMBER), (600, 600)])
async def test_a_member_is_remembered_for_a_minute_at_least(
    lifetime: float, fresh_for: float, snowflake: Snowflake, member: respx.Route, clock: Clock
) -> None:
    memory = memory_of(snowflake, lifetime)
    expected = Member.model_validate_json(httpx.Response(200, json=MEMBER).content)
    assert await memory.member(GUILD, PERSON, TOKEN) == Remembered(expected, 0)
    clock.pass_by(fresh_for - 1)
    assert await memory.member(GUILD, PERSON, TOKEN) == Remembered(expected, fresh_for - 1)
    assert member.call_count == 1
    clock.pass_by(1)
    await memory.member(GUILD, PERSON, TOKEN)
    assert member.call_count == 2


async def test_that_somebody_is_no_member_is_remembered_too(
    memory: Memory, member: respx.Route, clock: Clock
) -> None:
    member.mock(return_value=NOT_IN_IT)
    assert await memory.member(GUILD, PERSON, TOKEN) == Remembered(None, 0)
    clock.pass_by(30)
    assert await memory.member(GUILD, PERSON, TOKEN) == Remembered(None, 30)
    assert member.call_count == 1


async def test_while_discord_is_out_the_memory_serves_for_an_hour_and_says_so(
    snowflake: Snowflake, memory: Memory, clock: Clock
) -> None:
    await memory.guilds(PERSON, TOKEN)
    snowflake.discord.guilds.mock(return_value=UNUSABLE)
    clock.pass_by(KEPT)
    with capture_logs() as logs:
        assert await memory.guilds(PERSON, TOKEN) == Remembered(IN_BOTH, KEPT)
    assert logs[-1] == {
        "event": "stale_claims",
        "log_level": "warning",
        "of": "guilds",
        "age": KEPT,
    }
    clock.pass_by(1)
    with pytest.raises(TemporarilyUnavailable), capture_logs() as logs:
        await memory.guilds(PERSON, TOKEN)
    assert "stale_claims" not in [line["event"] for line in logs]


async def test_a_gate_gets_nothing_older_than_it_accepts(
    memory: Memory, member: respx.Route, clock: Clock
) -> None:
    await memory.member(GUILD, PERSON, TOKEN)
    clock.pass_by(50)
    assert (await memory.member(GUILD, PERSON, TOKEN, oldest=50)).age == 50
    # Fresh by its lifetime, but not for this gate.
    assert (await memory.member(GUILD, PERSON, TOKEN, oldest=49)).age == 0
    member.mock(return_value=UNUSABLE)
    clock.pass_by(300)
    assert (await memory.member(GUILD, PERSON, TOKEN, oldest=300)).age == 300
    with pytest.raises(TemporarilyUnavailable):
        await memory.member(GUILD, PERSON, TOKEN, oldest=299)


async def test_that_discord_refuses_the_token_is_no_outage(
    snowflake: Snowflake, memory: Memory, clock: Clock
) -> None:
    await memory.guilds(PERSON, TOKEN)
    snowflake.discord.guilds.respond(401, json={"message": "401: Unauthorized", "code": 0})
    clock.pass_by(60)
    with pytest.raises(InvalidGrant):
        await memory.guilds(PERSON, TOKEN)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Add a bot."""
    return settings.model_copy(update={"discord_bot_token": SecretStr("bot-token")})


@pytest.fixture
def seen(discord: Discord) -> respx.Route:
    """Answer the route by which the bot sees the person."""
    url = f"{DISCORD_API}/guilds/{GUILD}/members/{PERSON}"
    return discord.router.get(url).respond(json=MEMBER)


async def test_what_the_bot_sees_of_somebody_is_remembered_for_as_long_as_is_configured(
    snowflake: Snowflake, seen: respx.Route, clock: Clock
) -> None:
    memory = memory_of(snowflake, 10)
    assert await memory.bot_member(GUILD, PERSON) == Remembered(OWLISH, 0)
    clock.pass_by(9)
    assert await memory.bot_member(GUILD, PERSON) == Remembered(OWLISH, 9)
    clock.pass_by(1)
    seen.mock(return_value=UNUSABLE)
    assert await memory.bot_member(GUILD, PERSON, oldest=10) == Remembered(OWLISH, 10)
    with pytest.raises(TemporarilyUnavailable):
        await memory.bot_member(GUILD, PERSON, oldest=9)
    [kept] = await snowflake.state.store.memberships.of_person(PERSON)
    assert kept.guild == GUILD


async def test_switched_off_nothing_of_the_bot_is_remembered(
    snowflake: Snowflake, seen: respx.Route
) -> None:
    memory = memory_of(snowflake, 0)
    for _ in range(2):
        await memory.bot_member(GUILD, PERSON)
    assert seen.call_count == 2
    heard = await memory.member_heard(GUILD, PERSON, OWLISH, NOW, by_bot=True)
    assert heard == Remembered(OWLISH, 0)


async def test_roles_and_guilds_of_the_bot_are_nobodys_and_last_an_hour_without_discord(
    snowflake: Snowflake, memory: Memory, discord: Discord, clock: Clock
) -> None:
    roles = discord.router.get(f"{DISCORD_API}/guilds/{GUILD}/roles").respond(json=[ROLE])
    assert await memory.roles(GUILD) == Remembered([Role.model_validate(ROLE)], 0)
    assert await memory.bot_guilds() == Remembered(list(IN_BOTH.known), 0)
    for route in (roles, discord.guilds):
        route.mock(return_value=UNUSABLE)
    clock.pass_by(KEPT)
    assert await memory.roles(GUILD) == Remembered([Role.model_validate(ROLE)], KEPT)
    assert await memory.bot_guilds() == Remembered(list(IN_BOTH.known), KEPT)
    rows = snowflake.state.store.memberships
    assert [kept.guild for kept in await rows.of_person(NOBODY)] == [ALL_GUILDS, GUILD]
    # What is erased of somebody is not what the bot knows of guilds.
    await snowflake.state.store.people.erase(PERSON)
    assert len(await rows.of_person(NOBODY)) == 2
    clock.pass_by(1)
    with pytest.raises(TemporarilyUnavailable):
        await memory.roles(GUILD)


async def test_what_a_login_heard_is_for_it_to_keep(snowflake: Snowflake, memory: Memory) -> None:
    rows = snowflake.state.store.memberships
    heard = await memory.member_heard(GUILD, PERSON, OWLISH, NOW)
    assert heard.learnt is not None
    assert await rows.of_person(PERSON) == []
    await rows.remember(heard.learnt)
    # Nobody has to be asked again.
    assert (await memory.bot_member(GUILD, PERSON)).answer == OWLISH
    assert (await memory.member(GUILD, PERSON, TOKEN)).answer == OWLISH


async def test_a_login_that_heard_of_an_outage_gets_what_is_remembered(
    memory: Memory, seen: respx.Route, clock: Clock
) -> None:
    outage = TemporarilyUnavailable("Discord did not answer; try again")
    with pytest.raises(TemporarilyUnavailable):
        await memory.member_heard(GUILD, PERSON, outage, NOW, by_bot=True)
    await memory.bot_member(GUILD, PERSON)
    clock.pass_by(100)
    heard = await memory.member_heard(GUILD, PERSON, outage, NOW, oldest=100, by_bot=True)
    assert heard == Remembered(OWLISH, 100)
    with pytest.raises(TemporarilyUnavailable):
        await memory.member_heard(GUILD, PERSON, outage, NOW, oldest=99, by_bot=True)
    assert seen.call_count == 1
