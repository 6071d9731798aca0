"""Who somebody is, as a login learns it, and what the memory helps when Discord tells only half."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import httpx
import pytest
import respx
from pydantic import SecretStr, TypeAdapter
from structlog.testing import capture_logs

from snowflake.discord.models import Member, Role, User
from snowflake.errors import InvalidGrant, TemporarilyUnavailable
from snowflake.oidc.needs import Needs
from snowflake.oidc.people import Fetched, fetch_known, fetch_newcomer
from snowflake.people.person import Person
from snowflake.settings import Settings
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.memberships import KEPT, Membership
from tests.login import Json, code_for, read_token, redeem, sign_in
from tests.running import DISCORD_API, GUILDS, NOW, USER, Clock, Discord, Snowflake, running

PERSON: Final = str(USER["id"])
GROUPS: Final = sorted((guild["id"] for guild in GUILDS), key=int)
ANOTHER_CLIENT: Final = "81384788765712384"
#: What says nothing, and is not asked again.
UNUSABLE: Final = httpx.Response(404, json={"message": "404: Not Found", "code": 0})
REFUSED: Final = httpx.Response(401, json={"message": "401: Unauthorized", "code": 0})


async def remembered(snowflake: Snowflake) -> list[Membership]:
    return await snowflake.state.store.memberships.of_person(PERSON)


def groups_of(snowflake: Snowflake, answer: Json) -> object:
    return read_token(snowflake, answer["id_token"]).get("groups")


async def failed(snowflake: Snowflake, scope: str = "openid groups") -> tuple[int, str]:
    response = await redeem(snowflake.browser, await code_for(snowflake.browser, scope=scope))
    return response.status_code, response.json()["error"]


async def test_a_login_remembers_the_guilds_that_it_asked_for(snowflake: Snowflake) -> None:
    await sign_in(snowflake.browser, scope="openid profile")
    assert await remembered(snowflake) == []
    await sign_in(snowflake.browser, scope="openid groups")
    [kept] = await remembered(snowflake)
    assert (kept.guild, kept.asked_at) == ("", NOW)
    assert [guild in kept.answer for guild in GROUPS] == [True, True]


async def test_a_login_asks_even_if_a_fresh_list_is_remembered(snowflake: Snowflake) -> None:
    await sign_in(snowflake.browser)
    snowflake.discord.guilds.respond(json=[])
    assert groups_of(snowflake, await sign_in(snowflake.browser)) == []


async def test_switched_off_nothing_is_remembered(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    off = settings.model_copy(update={"discord_cache": 0 * settings.discord_cache})
    async with running(off, clock, discord) as snowflake:
        await sign_in(snowflake.browser)
        assert await remembered(snowflake) == []
        discord.guilds.mock(return_value=UNUSABLE)
        assert await failed(snowflake) == (503, "temporarily_unavailable")


async def test_without_the_guilds_a_login_takes_those_of_the_last_hour_and_says_so(
    snowflake: Snowflake, clock: Clock
) -> None:
    await sign_in(snowflake.browser)
    snowflake.discord.guilds.mock(return_value=UNUSABLE)
    clock.pass_by(KEPT)
    with capture_logs() as logs:
        answer = await sign_in(snowflake.browser)
    assert groups_of(snowflake, answer) == GROUPS
    [line] = [line for line in logs if line["event"] == "stale_claims"]
    assert (line["of"], line["age"]) == ("guilds", KEPT)
    # What was stale before is no younger for having been used.
    assert [kept.asked_at for kept in await remembered(snowflake)] == [NOW]
    clock.pass_by(1)
    assert await failed(snowflake) == (503, "temporarily_unavailable")


async def test_somebody_who_was_never_here_cannot_do_without_discord(snowflake: Snowflake) -> None:
    snowflake.discord.guilds.mock(return_value=UNUSABLE)
    assert await failed(snowflake) == (503, "temporarily_unavailable")


async def test_without_the_person_the_memory_is_of_no_use(snowflake: Snowflake) -> None:
    await sign_in(snowflake.browser)
    snowflake.discord.user.mock(return_value=UNUSABLE)
    assert await failed(snowflake) == (503, "temporarily_unavailable")


@pytest.mark.parametrize("user", [UNUSABLE, httpx.Response(200, json=dict(USER))])
async def test_a_refused_token_is_no_outage(snowflake: Snowflake, user: httpx.Response) -> None:
    await sign_in(snowflake.browser)
    snowflake.discord.user.mock(return_value=user)
    snowflake.discord.guilds.mock(return_value=REFUSED)
    assert await failed(snowflake) == (400, "invalid_grant")


async def test_a_client_that_may_not_see_the_guilds_gets_none_that_another_may_see(
    snowflake: Snowflake,
) -> None:
    await sign_in(snowflake.browser)
    for outage in (False, True):
        if outage:
            snowflake.discord.guilds.mock(return_value=UNUSABLE)
        snowflake.discord.grants("identify email")
        code = await code_for(snowflake.browser, client_id=ANOTHER_CLIENT)
        answer = (await redeem(snowflake.browser, code, client_id=ANOTHER_CLIENT)).json()
        assert groups_of(snowflake, answer) == []


async def test_where_discord_may_be_limiting_it_is_asked_who_it_is_first(
    snowflake: Snowflake, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(snowflake.browser)
    monkeypatch.setattr(type(snowflake.state.discord), "may_be_limited", lambda *_: True)
    clock.pass_by(60)
    snowflake.discord.guilds.respond(json=[])
    assert groups_of(snowflake, await sign_in(snowflake.browser)) == []
    paths = [call.request.url.path for call in snowflake.discord.calls][-2:]
    assert [path.rsplit("/")[-1] for path in paths] == ["@me", "guilds"]
    assert [kept.asked_at for kept in await remembered(snowflake)] == [NOW + 60]


BIRDS, API = GUILDS[0]["id"], GUILDS[1]["id"]
TOKEN: Final = SecretStr("discord-access-token")
MEMBERS: Final = "guilds.members.read"
EVERYTHING: Final = frozenset({"identify", "email", "guilds", MEMBERS})
MEMBER: Final = {"roles": ["41771983423143936"], "nick": "Owlet", "flags": 0}
OWLISH: Final = Member.model_validate_json(json.dumps(MEMBER))
ROLE: Final = {"id": "41771983423143936", "name": "Owl", "managed": False}
NOT_IN_IT: Final = httpx.Response(404, json={"message": "Unknown Guild", "code": 10004})
NO_MEMBER: Final = httpx.Response(404, json={"message": "Unknown Member", "code": 10007})
WHO: Final = Needs(discord_scopes=frozenset({"identify"}))
OWN: Final = replace(WHO, guilds=True, members=(BIRDS,))
Looks = tuple[respx.Route, respx.Route]
BY_BOT: Final = replace(WHO, members=(BIRDS,), roles=(BIRDS,), guild_names=(BIRDS,), by_bot=True)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Add a bot."""
    return settings.model_copy(update={"discord_bot_token": SecretStr("bot-token")})


@pytest.fixture
def member(discord: Discord) -> respx.Route:
    """Answer the route by which the person tells what they are in Birds."""
    return discord.router.get(f"{DISCORD_API}/users/@me/guilds/{BIRDS}/member").respond(json=MEMBER)


@pytest.fixture
def seen(discord: Discord) -> respx.Route:
    """Answer the route by which the bot sees it."""
    discord.router.get(f"{DISCORD_API}/guilds/{BIRDS}/roles").respond(json=[ROLE])
    url = f"{DISCORD_API}/guilds/{BIRDS}/members/{PERSON}"
    return discord.router.get(url).respond(json=MEMBER)


@pytest.fixture
def looks(member: respx.Route, seen: respx.Route) -> Looks:
    """Answer both."""
    return member, seen


async def newcomer(
    snowflake: Snowflake, needs: Needs, granted: frozenset[str] = EVERYTHING
) -> Fetched:
    return await fetch_newcomer(needs, granted, TOKEN, snowflake.state)


async def known(
    snowflake: Snowflake, needs: Needs, granted: frozenset[str] = EVERYTHING
) -> Fetched:
    tokens = StoredTokens("application", PERSON, TOKEN, None, granted, expires_at=0)
    return await fetch_known(needs, tokens, snowflake.state)


FETCHES: Final = pytest.mark.parametrize("fetch", [newcomer, known])
Fetch = Callable[..., Awaitable[Fetched]]


@FETCHES
async def test_who_it_is_may_be_all_that_is_asked(
    snowflake: Snowflake, discord: Discord, fetch: Fetch
) -> None:
    fetched = await fetch(snowflake, WHO)
    assert fetched.person == Person(User.model_validate(USER), email="nelly@example.com")
    assert len(discord.calls) == 1


@FETCHES
async def test_their_own_token_tells_guilds_and_what_they_are_there(
    snowflake: Snowflake, member: respx.Route, fetch: Fetch
) -> None:
    person = (await fetch(snowflake, OWN)).person
    assert [guild.name for guild in person.guilds] == ["Birds", "API"]
    assert person.members == {BIRDS: OWLISH}
    assert (person.age, person.roles, person.guild_names) == (0, {}, {})
    member.mock(return_value=NOT_IN_IT)
    assert (await newcomer(snowflake, OWN)).person.members == {BIRDS: None}


@FETCHES
@pytest.mark.parametrize("granted", [frozenset({"identify"}), EVERYTHING - {MEMBERS}])
async def test_nothing_is_asked_for_that_discord_did_not_grant(
    snowflake: Snowflake, member: respx.Route, granted: frozenset[str], fetch: Fetch
) -> None:
    person = (await fetch(snowflake, OWN, granted)).person
    assert (person.members, bool(person.guilds)) == ({}, "guilds" in granted)
    assert member.call_count == 0


@FETCHES
async def test_the_bot_tells_what_they_are_and_how_all_is_called(
    snowflake: Snowflake, seen: respx.Route, discord: Discord, fetch: Fetch
) -> None:
    person = (await fetch(snowflake, BY_BOT, frozenset({"identify"}))).person
    assert person.members == {BIRDS: OWLISH}
    assert person.roles == {BIRDS: (Role.model_validate(ROLE),)}
    assert person.guild_names == {BIRDS: "Birds"}
    assert person.guilds == ()
    assert {call.request.headers["authorization"] for call in discord.guilds.calls} == {
        "Bot bot-token"
    }


@pytest.mark.parametrize("needs", [OWN, BY_BOT])
async def test_what_a_login_learnt_spares_a_refresh_the_lookups(
    snowflake: Snowflake, looks: Looks, clock: Clock, needs: Needs
) -> None:
    fetched = await newcomer(snowflake, needs)
    # It is remembered if they are let in.
    assert await remembered(snowflake) == []
    for kept in fetched.learnt:
        await snowflake.state.store.memberships.remember(kept)
    before = len(snowflake.discord.calls)
    clock.pass_by(59)
    again = await known(snowflake, needs)
    assert (again.person, again.learnt) == (replace(fetched.person, age=59), ())
    assert len(snowflake.discord.calls) - before == 1


@pytest.mark.parametrize("needs", [OWN, BY_BOT])
async def test_a_login_asks_anew_for_who_was_refused_has_perhaps_joined(
    snowflake: Snowflake, looks: Looks, needs: Needs
) -> None:
    for route, answer in zip(looks, (NOT_IN_IT, NO_MEMBER), strict=True):
        route.mock(return_value=answer)
    assert (await known(snowflake, needs)).person.members == {BIRDS: None}
    for route in looks:
        route.mock(return_value=httpx.Response(200, json=MEMBER))
    assert (await newcomer(snowflake, needs)).person.members == {BIRDS: OWLISH}


@FETCHES
@pytest.mark.parametrize("needs", [OWN, BY_BOT])
async def test_in_an_outage_a_member_of_before_serves_while_no_older_than_is_needed(
    snowflake: Snowflake, looks: Looks, clock: Clock, needs: Needs, fetch: Fetch
) -> None:
    await known(snowflake, needs)
    for route in looks:
        route.mock(return_value=UNUSABLE)
    clock.pass_by(300)
    fetched = await fetch(snowflake, replace(needs, oldest=300))
    assert (fetched.person.members, fetched.person.age) == ({BIRDS: OWLISH}, 300)
    with pytest.raises(TemporarilyUnavailable):
        await fetch(snowflake, replace(needs, oldest=299))


@FETCHES
@pytest.mark.parametrize("needs", [OWN, BY_BOT])
async def test_a_login_goes_on_without_what_it_may_lack(
    snowflake: Snowflake, looks: Looks, needs: Needs, fetch: Fetch
) -> None:
    for route in looks:
        route.mock(return_value=UNUSABLE)
    fetched = await fetch(snowflake, replace(needs, may_lack=frozenset({BIRDS})))
    assert (fetched.person.members, fetched.person.age) == ({}, 0)


async def test_the_age_of_a_nickname_does_not_count(
    snowflake: Snowflake, seen: respx.Route, clock: Clock
) -> None:
    await known(snowflake, BY_BOT)
    clock.pass_by(59)
    needs = replace(BY_BOT, may_lack=frozenset({BIRDS}))
    assert (await known(snowflake, needs)).person.age == 0


@FETCHES
async def test_a_bot_that_is_refused_lets_nobody_in(
    snowflake: Snowflake, seen: respx.Route, fetch: Fetch
) -> None:
    seen.mock(return_value=REFUSED)
    with pytest.raises(TemporarilyUnavailable):
        await fetch(snowflake, BY_BOT)


@FETCHES
async def test_that_the_token_is_refused_for_a_guild_is_no_outage(
    snowflake: Snowflake, member: respx.Route, fetch: Fetch
) -> None:
    snowflake.discord.user.mock(return_value=UNUSABLE)
    member.mock(return_value=REFUSED)
    with pytest.raises(InvalidGrant):
        await fetch(snowflake, OWN)


async def test_where_members_may_be_limited_the_person_is_asked_for_first(
    snowflake: Snowflake, member: respx.Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = lambda _, route: route == "member"  # noqa: E731
    monkeypatch.setattr(type(snowflake.state.discord), "may_be_limited", limits)
    await newcomer(snowflake, OWN)
    routes = [call.request.url.path.rsplit("/")[-1] for call in snowflake.discord.calls]
    assert (routes[0], sorted(routes[1:])) == ("@me", ["guilds", "member"])


async def test_a_person_can_be_sealed_and_taken_up_again(
    snowflake: Snowflake, seen: respx.Route
) -> None:
    fetched = await newcomer(snowflake, replace(BY_BOT, guilds=True))
    kind = TypeAdapter(Fetched)
    assert kind.validate_json(kind.dump_json(fetched)) == fetched
