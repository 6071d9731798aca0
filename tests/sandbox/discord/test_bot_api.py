from dataclasses import replace
from typing import Any

import httpx
import pytest

from snowflake.sandbox.discord import BOT_GUILDS, GUILDS, Bot, Guild, Limit, SimulatedDiscord
from snowflake.sandbox.discord.cast import FANCIER, PENDING, TIMED_OUT
from snowflake.sandbox.discord.places import (
    BOOSTER,
    BOT_ROLE,
    COLLECTED,
    IMPOSTOR,
    KEEPER,
    LIGHTHOUSE,
    MUTED,
    NIGHT_SHIFT,
    SYNTHS,
    TRAINS,
)
from tests.running import Clock
from tests.sandbox.discord.party import ADA, APPLICATION, EVERYBODY, Party
from tests.sandbox.openapi import assert_valid

ROLES = f"/guilds/{LIGHTHOUSE}/roles"
MEMBER = f"/guilds/{LIGHTHOUSE}/members/{ADA}"
FOR_BOTS = ["/applications/@me", ROLES, MEMBER, f"/users/{ADA}"]
FOR_PEOPLE = ["/oauth2/@me", f"/users/@me/guilds/{LIGHTHOUSE}/member"]
FOR_BOTH = ["/users/@me", "/users/@me/guilds"]


def outcome(response: httpx.Response) -> tuple[int, int]:
    assert_valid(response.json(), "ErrorResponse")
    return response.status_code, response.json()["code"]


def test_a_bot_is_a_user_with_the_id_of_its_application(party: Party) -> None:
    user = party.bot_gets("/users/@me").json()
    assert_valid(user, "UserPIIResponse")
    assert (user["id"], user["username"], user["bot"]) == (APPLICATION.id, APPLICATION.name, True)


def test_the_guilds_of_a_bot_are_its_own(party: Party) -> None:
    guilds = party.bot_gets("/users/@me/guilds").json()
    for guild in guilds:
        assert_valid(guild, "MyGuildResponse")
    names = {guild.id: guild.name for guild in GUILDS}
    assert {g["id"]: g["name"] for g in guilds} == {id_: names[id_] for id_ in BOT_GUILDS}


def test_a_bot_in_many_guilds_reads_them_in_pages(party: Party, discord: SimulatedDiscord) -> None:
    everywhere = tuple(guild.id for guild in (*COLLECTED, *GUILDS))
    discord.register(replace(APPLICATION, bot=replace(Bot("many"), guilds=everywhere)))
    first = party.bot_gets("/users/@me/guilds", "many").json()
    after = first[-1]["id"]
    second = party.bot_gets(f"/users/@me/guilds?after={after}", "many").json()
    listed = [guild["id"] for guild in (*first, *second)]
    assert len(first) == 200
    assert listed == sorted(everywhere, key=int)


def test_the_application_tells_its_bot_what_the_portal_knows(
    party: Party, discord: SimulatedDiscord
) -> None:
    url = "https://snowflake.example.com/linked-role"
    changed = replace(APPLICATION, flags=1 << 15, role_connections_verification_url=url)
    discord.register(changed)
    discord.add_redirect_uri(APPLICATION.id, "https://snowflake.example.com/callback")
    application = party.bot_gets("/applications/@me").json()
    assert_valid(application, "PrivateApplicationResponse")
    assert application["id"] == APPLICATION.id
    assert application["name"] == APPLICATION.name
    assert (application["flags"], application["flags_new"]) == (1 << 15, str(1 << 15))
    assert application["role_connections_verification_url"] == url
    assert application["redirect_uris"] == [
        *APPLICATION.redirect_uris,
        "https://snowflake.example.com/callback",
    ]
    assert application["approximate_guild_count"] == len(BOT_GUILDS)
    assert application["bot"]["bot"] is True


@pytest.mark.parametrize("guild", [g for g in GUILDS if g.id in BOT_GUILDS], ids=lambda g: g.id)
def test_the_roles_of_a_guild_begin_with_everyone(party: Party, guild: Guild) -> None:
    roles = party.bot_gets(f"/guilds/{guild.id}/roles").json()
    for role in roles:
        assert_valid(role, "GuildRoleResponse")
    assert (roles[0]["id"], roles[0]["name"], roles[0]["position"]) == (guild.id, "@everyone", 0)
    known = {role.id: role.name for role in guild.roles}
    assert {role["id"]: role["name"] for role in roles[1:]} == known


def test_managed_roles_say_whose_they_are(party: Party) -> None:
    roles = {role["id"]: role for role in party.bot_gets(ROLES).json()}
    managed = {id_: role["tags"] for id_, role in roles.items() if role["managed"]}
    assert managed == {BOOSTER: {"premium_subscriber": None}, BOT_ROLE: {"bot_id": APPLICATION.id}}
    assert "tags" not in roles[KEEPER]


@pytest.mark.parametrize(
    "person",
    [person for person in EVERYBODY if LIGHTHOUSE in person.guilds],
    ids=lambda person: person.username,
)
def test_a_member_is_the_person_in_the_guild(party: Party, person: Any) -> None:
    member = party.bot_gets(f"/guilds/{LIGHTHOUSE}/members/{person.id}").json()
    assert_valid(member, "GuildMemberResponse")
    assert member == person.membership(LIGHTHOUSE).to_json(person)


@pytest.mark.parametrize("person", EVERYBODY[:3], ids=lambda person: person.username)
def test_of_anybody_a_bot_sees_what_is_public(party: Party, person: Any) -> None:
    user = party.bot_gets(f"/users/{person.id}").json()
    assert_valid(user, "UserResponse")
    assert user == person.to_public_json()
    assert not user.keys() & {"email", "verified", "locale", "mfa_enabled"}


def test_nobody_has_an_id_that_discord_never_gave(party: Party) -> None:
    assert outcome(party.bot_gets("/users/1")) == (404, 10013)


def test_members_are_pending_timed_out_or_muted(party: Party) -> None:
    def member(person: str) -> dict[str, Any]:
        got: dict[str, Any] = party.bot_gets(f"/guilds/{LIGHTHOUSE}/members/{person}").json()
        return got

    assert member(ADA)["roles"] == [KEEPER, NIGHT_SHIFT]
    assert [member(person)["pending"] for person in (ADA, PENDING)] == [False, True]
    assert member(ADA)["communication_disabled_until"] is None
    assert member(TIMED_OUT)["communication_disabled_until"] is not None
    assert member(FANCIER)["roles"] == [MUTED, BOOSTER]


@pytest.mark.parametrize("user", [EVERYBODY[1].id, "1", "x"])
def test_who_is_not_in_the_guild_is_no_member(party: Party, user: str) -> None:
    assert outcome(party.bot_gets(f"/guilds/{LIGHTHOUSE}/members/{user}")) == (404, 10007)


@pytest.mark.parametrize("path", ["roles", f"members/{ADA}"])
def test_a_bot_sees_the_guilds_that_it_is_in(
    party: Party, discord: SimulatedDiscord, path: str
) -> None:
    for guild in (TRAINS, SYNTHS, IMPOSTOR):
        assert outcome(party.bot_gets(f"/guilds/{guild}/{path}")) == (403, 50001)
    assert outcome(party.bot_gets(f"/guilds/1/{path}")) == (404, 10004)
    del discord.guilds[LIGHTHOUSE]
    assert outcome(party.bot_gets(f"/guilds/{LIGHTHOUSE}/{path}")) == (404, 10004)
    assert discord.invalid_answers == 3


@pytest.mark.parametrize("path", [*FOR_BOTS, *FOR_BOTH, *FOR_PEOPLE])
def test_a_bad_token_is_nobody_s_and_counts(
    party: Party, discord: SimulatedDiscord, path: str
) -> None:
    response = party.bot_gets(path, "unknown")
    assert outcome(response) == (401, 0)
    assert "x-ratelimit-remaining" in response.headers
    assert discord.invalid_answers == 1


def test_an_application_without_a_bot_has_no_token(party: Party, discord: SimulatedDiscord) -> None:
    discord.register(replace(APPLICATION, bot=None))
    assert outcome(party.bot_gets("/users/@me")) == (401, 0)
    assert replace(APPLICATION, bot=None).to_private_json()["approximate_guild_count"] == 0


@pytest.mark.parametrize("path", FOR_BOTS)
def test_an_access_token_is_no_bot_token(party: Party, tokens: dict[str, Any], path: str) -> None:
    assert outcome(party.get(path, tokens["access_token"])) == (401, 0)


@pytest.mark.parametrize("path", FOR_PEOPLE)
def test_some_routes_are_for_people_alone(party: Party, path: str) -> None:
    assert outcome(party.bot_gets(path)) == (403, 20001)


@pytest.mark.parametrize("path", [*FOR_BOTS, *FOR_BOTH, *FOR_PEOPLE])
def test_every_answer_tells_the_limit(party: Party, path: str) -> None:
    headers = party.bot_gets(path).headers
    assert int(headers["x-ratelimit-remaining"]) == int(headers["x-ratelimit-limit"]) - 1


def test_an_empty_bucket_of_one_guild_leaves_the_others(
    party: Party, discord: SimulatedDiscord, clock: Clock
) -> None:
    discord.limits["roles"] = Limit(requests=1, seconds=10)
    assert party.bot_gets(ROLES).status_code == 200
    refused = party.bot_gets(ROLES)
    assert refused.status_code == 429
    assert_valid(refused.json(), "RatelimitedResponse")
    assert party.bot_gets(f"/guilds/{BOT_GUILDS[1]}/roles").status_code == 200
    assert party.bot_gets(MEMBER).status_code == 200
    clock.now += 10
    assert party.bot_gets(ROLES).status_code == 200
