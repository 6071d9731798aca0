"""Claims by expression, and scopes of the operator's own, over HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs

from snowflake.oidc.scopes import claims_of, scopes_of
from snowflake.people.person import Person
from snowflake.settings import Settings
from snowflake.settings.registry import Registry
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.scopes import RESERVED, ScopeTable
from tests.expressions.test_looking import expressions
from tests.login import APPLICATION, Json, code_for, depart, query_of, read_token, redeem, sign_in
from tests.oidc.test_registered_clients import CLIENT_SECRET, registering
from tests.oidc.test_scopes import ALL, NELLY
from tests.running import DISCORD_API, USER, Clock, Discord, Snowflake, running

BIRDS: Final = "197038439483310086"
OWL: Final = "41771983423143936"
MEMBER: Final = {"roles": [OWL], "nick": "Owlet", "joined_at": "2021-03-14T15:09:26.5+00:00"}
GRAFANA: Final = {"id": "grafana", "secret": CLIENT_SECRET, "redirect_uris": [APPLICATION]}
WORK: Final = ScopeTable(
    name="work",
    description="What you do here.",
    claims={"team": f"guilds[?id == '{BIRDS}'] && 'birds'", "since": "account_created"},
)
BY_ROLE: Final = (
    f"guilds[?id == '{BIRDS}'].roles[].id | contains(@, '{OWL}') && 'Admin' || 'Viewer'"
)
BY_NAME: Final = (
    f"guilds[?id == '{BIRDS}'].roles[].name | contains(@, 'Owl') && 'Admin' || 'Viewer'"
)
NICK: Final = f"guilds[?id == '{BIRDS}'].nick | [0]"


@asynccontextmanager
async def telling(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    claims: Mapping[str, str] | None = None,
    *,
    scopes: tuple[ScopeTable, ...] = (),
    bot: bool = False,
) -> AsyncIterator[Snowflake]:
    """Run a Snowflake whose registered client gets claims by expression."""
    client = ClientTable.model_validate({**GRAFANA, "claims": claims or {}})
    configured = registering(
        settings,
        client,
        scopes=scopes,
        discord_bot_token=SecretStr("bot-token") if bot else None,
    )
    discord.router.get(f"{DISCORD_API}/users/@me/guilds/{BIRDS}/member").respond(json=MEMBER)
    async with running(configured, clock, discord) as snowflake:
        yield snowflake


async def tokens_for(snowflake: Snowflake, scope: str = "openid") -> Json:
    """Sign in to the registered client."""
    code = await code_for(snowflake.browser, client_id="grafana", scope=scope)
    answer = await redeem(snowflake.browser, code, client_id="grafana", client_secret=CLIENT_SECRET)
    assert answer.status_code == 200, answer.text
    tokens: Json = answer.json()
    return tokens


async def userinfo(snowflake: Snowflake, tokens: Json) -> Json:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    answer = await snowflake.browser.get("/userinfo", headers=headers)
    assert answer.status_code == 200, answer.text
    claims: Json = answer.json()
    return claims


async def told(snowflake: Snowflake, scope: str = "openid") -> Json:
    """Answer the claims of the person that a login tells: the same everywhere."""
    tokens = await tokens_for(snowflake, scope)
    claims = await userinfo(snowflake, tokens)
    for name in ("id_token", "access_token"):
        in_token = read_token(snowflake, tokens[name])
        assert {claim: in_token[claim] for claim in claims} == claims
    return claims


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("name", "Nelly the Owl"),
        ("length(id)", 17),
        ("`0.5`", 0.5),
        ("`true`", True),
        ("email == 'nobody@example.com'", False),
        ("guilds[].name", ["API", "Birds"]),
        ("guilds[?owner]", []),
        (
            "{user: username, groups: groups}",
            {"user": "nelly", "groups": ["81384788765712384", BIRDS]},
        ),
        (BY_ROLE, "Admin"),
        (NICK, "Owlet"),
    ],
)
async def test_a_claim_is_what_its_expression_comes_to_in_type_and_value(
    settings: Settings, clock: Clock, discord: Discord, text: str, value: object
) -> None:
    discord.grants("identify email guilds guilds.members.read")
    async with telling(settings, clock, discord, {"https://example.com/it": text}) as snowflake:
        assert (await told(snowflake))["https://example.com/it"] == value


@pytest.mark.parametrize("text", ["`null`", "''", f"guilds[?id == '{OWL}'].name | [0]"])
async def test_what_comes_to_nothing_is_left_out(
    settings: Settings, clock: Clock, discord: Discord, text: str
) -> None:
    async with telling(settings, clock, discord, {"it": text}) as snowflake:
        assert "it" not in await told(snowflake)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("name", "identify"),
        ("email", "email identify"),
        ("groups", "guilds identify"),
        ("length(guilds)", "guilds identify"),
        (f"guilds[?id == '{BIRDS}'].name", "guilds identify"),
        (BY_ROLE, "guilds.members.read identify"),
        (f"guilds[?id == '{BIRDS}'].[name, nick]", "guilds guilds.members.read identify"),
        ("@", "email guilds identify"),
    ],
)
async def test_people_are_asked_for_what_the_expression_looks_at_and_nothing_else(
    settings: Settings, clock: Clock, discord: Discord, text: str, asked: str
) -> None:
    async with telling(settings, clock, discord, {"it": text}) as snowflake:
        departure = await depart(snowflake.browser, client_id="grafana", scope="openid")
    assert query_of(departure.location)["scope"] == asked


async def test_with_a_bot_people_are_asked_for_nothing_where_it_can_look(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    discord.grants("identify")
    person = USER["id"]
    router = discord.router
    member = router.get(f"{DISCORD_API}/guilds/{BIRDS}/members/{person}").respond(json=MEMBER)
    roles = router.get(f"{DISCORD_API}/guilds/{BIRDS}/roles")
    roles.respond(json=[{"id": OWL, "name": " Owl\u202e", "managed": False}])
    claims = {
        "role": BY_NAME,
        "nickname": NICK,
        "guild": f"guilds[?id == '{BIRDS}'].{{name: name, owner: `false`, since: joined_at}} | [0]",
    }
    async with telling(settings, clock, discord, claims, bot=True) as snowflake:
        departure = await depart(snowflake.browser, client_id="grafana", scope="openid")
        assert query_of(departure.location)["scope"] == "identify"
        assert await told(snowflake, "openid profile") == {
            "sub": person,
            "name": "Nelly the Owl",
            "preferred_username": "nelly",
            "locale": "en-GB",
            "picture": f"https://cdn.discordapp.com/avatars/{person}/{USER['avatar']}.png",
            "role": "Admin",
            "nickname": "Owlet",
            "guild": {"name": "Birds", "owner": False, "since": "2021-03-14T15:09:26Z"},
        }
        assert member.call_count == roles.call_count == 1


async def test_a_guild_that_cannot_be_looked_at_refuses_the_login_rather_than_tell_less(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    discord.grants("identify guilds.members.read")
    async with telling(settings, clock, discord, {"role": BY_ROLE}) as snowflake:
        discord.router.get(f"{DISCORD_API}/users/@me/guilds/{BIRDS}/member").respond(503)
        departure = await depart(snowflake.browser, client_id="grafana", scope="openid")
        query = {"code": "c", "state": departure.state}
        answer = await snowflake.browser.get(departure.redirect_uri, params=query)
    assert answer.status_code == 503


async def test_what_discord_was_not_allowed_to_tell_is_not_there(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    discord.grants("identify")
    claims = {
        "contact": "email || 'unknown'",
        "place": "guilds[0].name || 'nowhere'",
        "groups": "groups || `[]`",
        "role": BY_ROLE,
    }
    async with telling(settings, clock, discord, claims) as snowflake:
        with capture_logs() as logs:
            assert await told(snowflake) == {
                "sub": USER["id"],
                "contact": "unknown",
                "place": "nowhere",
                "groups": [],
            }
    [line] = [one for one in logs if one["event"] == "claim_left_out"]
    assert line["claim"] == "role"


@pytest.mark.parametrize(
    "text",
    [
        "contains(locale, `1`)",
        "sort_by(guilds, &owner)",
        "to_number('1e999')",
        "to_number('nan')",
        "&id",
        '`"\\ud800"`',
        "abs(name)",
        " | ".join(["@", *["[@, @]"] * 40]),
        " | ".join(["[name]", *["[@, @][]"] * 12, "to_string(@)"]),
    ],
)
async def test_an_expression_that_fails_leaves_its_claim_out_and_is_logged_by_its_name(
    settings: Settings, clock: Clock, discord: Discord, text: str
) -> None:
    # Nor does the built-in claim of that name come back: it was to be replaced.
    claims = {"nickname": text, "good": "id"}
    async with telling(settings, clock, discord, claims) as snowflake:
        with capture_logs() as logs:
            answer = await told(snowflake, "openid profile")
    assert answer["good"] == USER["id"]
    assert "nickname" not in answer
    [line] = [one for one in logs if one["event"] == "claim_left_out"]
    assert line["claim"] == "nickname"
    assert str(USER["email"]) not in str(line)
    assert str(USER["global_name"]) not in str(line)


async def test_claims_by_expression_are_made_anew_at_a_refresh(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with telling(settings, clock, discord, {"who": "name"}) as snowflake:
        tokens = await tokens_for(snowflake)
        discord.knows(global_name="Somebody new")
        form = {
            "grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"],
            "client_id": "grafana",
            "client_secret": CLIENT_SECRET,
        }
        fresh = (await snowflake.browser.post("/token", data=form)).json()
        assert read_token(snowflake, fresh["id_token"])["who"] == "Somebody new"
        assert (await userinfo(snowflake, tokens))["who"] == "Somebody new"


async def test_a_scope_of_ones_own_is_told_to_those_who_ask_for_it(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with telling(settings, clock, discord, scopes=(WORK,)) as snowflake:
        assert "team" not in await told(snowflake)
        tokens = await tokens_for(snowflake, "openid work")
        assert tokens["scope"] == "openid work"
        assert await userinfo(snowflake, tokens) == {
            "sub": USER["id"],
            "team": "birds",
            "since": "2015-08-10T17:26:37Z",
        }
        # A Discord application may ask for it too.
        of_application = await sign_in(snowflake.browser, scope="openid work")
        assert read_token(snowflake, of_application["id_token"])["team"] == "birds"
        document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
        assert document["scopes_supported"][-1] == "work"
        assert document["claims_supported"][-2:] == ["team", "since"]


async def test_a_scope_that_the_client_may_not_have_is_left_out(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    client = ClientTable.model_validate({**GRAFANA, "scopes": ["profile"]})
    configured = registering(settings, client, scopes=(WORK,), allowed_clients=())
    async with running(configured, clock, discord) as snowflake:
        departure = await depart(snowflake.browser, client_id="grafana", scope="openid work")
        assert query_of(departure.location)["scope"] == "identify"
        tokens = await tokens_for(snowflake, "openid work")
        assert tokens["scope"] == "openid"
        assert await userinfo(snowflake, tokens) == {"sub": USER["id"]}
        document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
        assert "work" not in document["scopes_supported"]
        assert "team" not in document["claims_supported"]


async def test_a_scope_of_everybodys_tells_more_or_something_else(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    table = ScopeTable(name="profile", claims={"nickname": "email", "born": "account_created"})
    async with telling(settings, clock, discord, scopes=(table,)) as snowflake:
        assert (await told(snowflake)).keys() == {"sub"}
        claims = await told(snowflake, "openid profile")
        assert claims["nickname"] == USER["email"]
        assert claims["born"] == "2015-08-10T17:26:37Z"
        assert claims["name"] == USER["global_name"]
        departure = await depart(snowflake.browser, client_id="grafana", scope="openid profile")
        assert query_of(departure.location)["scope"] == "email identify"


async def test_a_client_replaces_what_a_scope_of_ones_own_tells(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    claims = {"team": "'cats'"}
    async with telling(settings, clock, discord, claims, scopes=(WORK,)) as snowflake:
        assert (await told(snowflake, "openid work"))["team"] == "cats"
        assert (await told(snowflake))["team"] == "cats"


async def test_scopes_come_and_go_with_the_configuration(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with telling(settings, clock, discord, {"it": "id"}, scopes=(WORK,)) as snowflake:
        tokens = await tokens_for(snowflake, "openid work")
        client = ClientTable.model_validate(GRAFANA)
        snowflake.state.registry.use(registering(settings, client))
        assert await userinfo(snowflake, tokens) == {"sub": USER["id"]}
        form = {
            "grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"],
            "client_id": "grafana",
            "client_secret": CLIENT_SECRET,
        }
        fresh = (await snowflake.browser.post("/token", data=form)).json()
        assert fresh["scope"] == "openid"
        introspected = await snowflake.browser.post(
            "/introspect",
            data={
                "token": fresh["access_token"],
                "client_id": "grafana",
                "client_secret": CLIENT_SECRET,
            },
        )
        assert introspected.json()["scope"] == "openid"


async def test_claims_by_expression_are_the_first_to_go_from_a_token_that_is_too_long(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    long = {"long": " | ".join(["[name]", *["[@, @][]"] * 9]), "short": "'x'"}
    async with telling(settings, clock, discord, long) as snowflake:
        tokens = await tokens_for(snowflake, "openid profile")
        assert len((await userinfo(snowflake, tokens))["long"]) == 512
        assert len(read_token(snowflake, tokens["id_token"])["long"]) == 512
        in_access_token = read_token(snowflake, tokens["access_token"])
    assert in_access_token["name"] == USER["global_name"]
    assert in_access_token.keys().isdisjoint(long)


@examples(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "nickname", "groups"]), expressions, max_size=3))
def test_no_expression_fails_a_login_or_changes_who_it_is(claims: Mapping[str, str]) -> None:
    try:
        table = ClientTable.model_validate({**GRAFANA, "claims": claims})
    except ValueError:
        return
    client = Registry(registering(Settings(), table)).find("grafana")
    assert client is not None
    names = list(scopes_of(client))
    answered = claims_of(Person(NELLY), names, client, ALL)
    without = Registry(registering(Settings(), ClientTable.model_validate(GRAFANA))).find("grafana")
    assert without is not None
    plain = claims_of(Person(NELLY), names, without, ALL)
    assert {name: value for name, value in answered.items() if name not in claims} == {
        name: value for name, value in plain.items() if name not in claims
    }
    assert answered.keys().isdisjoint(RESERVED - {"sub"})
