"""Single claims that an application asks for (OpenID Connect Core 1.0, section 5.5)."""

import json
from collections.abc import AsyncIterator

import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.scopes import ScopeTable
from tests.login import Json, ask, depart, query_of, read_token
from tests.oidc.response_types.answers import NONCE, answered, any_with, came
from tests.oidc.signed_in import (
    AS_GRAFANA,
    GRAFANA,
    SECRETS,
    WIKI,
    enter,
    keeping_sessions,
    refresh,
    tokens_for,
)
from tests.running import USER, Clock, Discord, Snowflake

ME = str(USER["id"])
LEAN = GRAFANA.model_copy(update={"include_claims_in_id_token": False})


def asking(**places: object) -> str:
    return json.dumps(places)


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    async with keeping_sessions(settings, clock, discord, LEAN, WIKI) as snowflake:
        yield snowflake


async def login(snowflake: Snowflake, claims: str, scope: str = "openid") -> Json:
    response = await came(snowflake.browser, scope=scope, claims=claims)
    code = query_of(response.headers["location"])["code"]
    return await tokens_for(snowflake.browser, AS_GRAFANA, code)


async def userinfo(snowflake: Snowflake, tokens: Json) -> Json:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    answer: Json = (await snowflake.browser.get("/userinfo", headers=headers)).json()
    return answer


async def test_a_claim_is_told_where_it_was_asked_for_and_nowhere_else(
    snowflake: Snowflake,
) -> None:
    claims = asking(userinfo={"email": None}, id_token={"preferred_username": {"essential": True}})
    tokens = await login(snowflake, claims)
    assert await userinfo(snowflake, tokens) == {"sub": ME, "email": USER["email"]}
    in_id_token = read_token(snowflake, tokens["id_token"])
    assert in_id_token["preferred_username"] == USER["username"]
    assert not {"email", "name"} & in_id_token.keys()
    assert tokens["scope"] == "openid"


async def test_discord_is_asked_for_what_it_takes(snowflake: Snowflake) -> None:
    request = {"client_id": "grafana", "scope": "openid"}
    plain = await depart(snowflake.browser, **request)
    assert "email" not in query_of(plain.location)["scope"].split()
    asked = await depart(snowflake.browser, **request, claims=asking(userinfo={"email": None}))
    assert "email" in query_of(asked.location)["scope"].split()


async def test_it_lasts_over_a_refresh_and_a_login_by_session(snowflake: Snowflake) -> None:
    claims = asking(userinfo={"email": None}, id_token={"name": None})
    tokens = await login(snowflake, claims)
    fresh = await refresh(snowflake.browser, AS_GRAFANA, tokens)
    assert (await userinfo(snowflake, fresh))["email"] == USER["email"]
    assert read_token(snowflake, fresh["id_token"])["name"]
    again = await enter(snowflake.browser, AS_GRAFANA, scope="openid", claims=claims)
    assert (await userinfo(snowflake, again))["email"] == USER["email"]
    without = await enter(snowflake.browser, AS_GRAFANA, scope="openid")
    assert await userinfo(snowflake, without) == {"sub": ME}


async def test_a_token_for_fewer_scopes_tells_none(snowflake: Snowflake) -> None:
    tokens = await login(snowflake, asking(userinfo={"email": None}), scope="openid profile")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    form |= {**AS_GRAFANA, "client_secret": SECRETS["grafana"], "scope": "openid"}
    fewer = (await snowflake.browser.post("/token", data=form)).json()
    assert await userinfo(snowflake, fewer) == {"sub": ME}


async def test_no_more_is_told_than_the_clients_scopes_give(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    narrow = LEAN.model_copy(update={"scopes": ("profile",)})
    async with keeping_sessions(settings, clock, discord, narrow) as snowflake:
        claims = asking(userinfo={"email": None, "name": None, "iss": None, "unheard_of": None})
        tokens = await login(snowflake, claims)
        assert (await userinfo(snowflake, tokens)).keys() == {"sub", "name"}


async def test_nothing_is_told_that_the_client_may_not_have_any_more(
    snowflake: Snowflake,
) -> None:
    tokens = await login(snowflake, asking(userinfo={"email": None}))
    narrow = LEAN.model_copy(update={"scopes": ()})
    changed = snowflake.state.settings.model_copy(update={"clients": (narrow, WIKI)})
    snowflake.state.registry.use(changed)
    assert await userinfo(snowflake, tokens) == {"sub": ME}


async def test_people_are_asked_about_it(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    asking_first = LEAN.model_copy(update={"consent": "once"})
    async with keeping_sessions(settings, clock, discord, asking_first) as snowflake:
        claims = asking(userinfo={"email": None})
        page = await came(snowflake.browser, scope="openid", claims=claims)
        shown = await snowflake.browser.get(page.headers["location"])
        assert "Your e-mail address." in shown.text


@pytest.mark.parametrize("wanted", [{"value": ME}, {"values": ["1", ME]}, {"essential": True}])
async def test_who_is_asked_for_is_let_in(snowflake: Snowflake, wanted: Json) -> None:
    tokens = await login(snowflake, asking(id_token={"sub": wanted}))
    assert read_token(snowflake, tokens["id_token"])["sub"] == ME


@pytest.mark.parametrize("wanted", [{"value": "1"}, {"values": ["1", "2"]}, {"value": ""}])
@pytest.mark.parametrize("place", ["id_token", "userinfo"])
async def test_nobody_else_comes_instead(snowflake: Snowflake, place: str, wanted: Json) -> None:
    claims = asking(**{place: {"sub": wanted}})
    response = await came(snowflake.browser, claims=claims)
    assert query_of(response.headers["location"])["error"] == "login_required"
    await login(snowflake, asking())
    silent = await ask(snowflake.browser, **AS_GRAFANA, claims=claims, prompt="none")
    assert query_of(silent.headers["location"])["error"] == "login_required"


async def test_a_hint_and_a_claim_that_name_different_people_let_nobody_in(
    snowflake: Snowflake,
) -> None:
    tokens = await login(snowflake, asking())
    claims = asking(id_token={"sub": {"value": "1"}})
    hinted = {**AS_GRAFANA, "id_token_hint": tokens["id_token"], "claims": claims}
    response = await ask(snowflake.browser, **hinted)
    assert query_of(response.headers["location"])["error"] == "login_required"


async def test_two_places_that_name_different_people_let_nobody_in(snowflake: Snowflake) -> None:
    both = asking(userinfo={"sub": {"value": ME}}, id_token={"sub": {"value": "1"}})
    response = await ask(snowflake.browser, **AS_GRAFANA, claims=both)
    assert query_of(response.headers["location"])["error"] == "login_required"


async def test_an_essential_class_of_authentication_cannot_be_had(snowflake: Snowflake) -> None:
    for wanted in ({"essential": True, "values": ["phr"]}, {"essential": True, "value": "phr"}):
        response = await ask(
            snowflake.browser, **AS_GRAFANA, claims=asking(id_token={"acr": wanted})
        )
        error = query_of(response.headers["location"])["error"]
        assert error == "unmet_authentication_requirements"
    for voluntary in ({"essential": True}, {"values": ["phr"]}, None):
        tokens = await login(snowflake, asking(id_token={"acr": voluntary}))
        assert "acr" not in read_token(snowflake, tokens["id_token"])


@pytest.mark.parametrize(
    "claims",
    [
        "x",
        "[]",
        "5",
        "null",
        '"x"',
        '{"userinfo": []}',
        '{"userinfo": null}',
        '{"id_token": "email"}',
        '{"userinfo": {"email": true}}',
        '{"userinfo": {"email": []}}',
        '{"userinfo": {"email": {"essential": "yes"}}}',
        '{"userinfo": {"email": {"values": "x"}}}',
        '{"id_token": {"sub": {"value": 5}}}',
        '{"id_token": {"sub": {"values": ["1", null]}}}',
        '{"id_token": {"sub": {"value": ["1"]}}}',
        "{" * 4000,
        '{"a":' * 1300,
        '{"userinfo": {"' + "x" * 9000 + '": null}}',
        "\x00",
        '{"id_token": {"sub": {"value": "\\ud800"}}}',
        r'{"userinfo": {"\ud800": 1}}',
        '{"userinfo": {"é": 1}}',
    ],
    ids=range(22),
)
async def test_what_is_malformed_is_told(snowflake: Snowflake, claims: str) -> None:
    response = await ask(snowflake.browser, **AS_GRAFANA, claims=claims)
    assert response.status_code == 302
    assert query_of(response.headers["location"])["error"] == "invalid_request"


@pytest.mark.parametrize(
    "claims",
    [
        "{}",
        '{"userinfo": {}, "id_token": {}}',
        '{"access_token": 5}',
        '{"userinfo": {"email#de": null, "": null, "__proto__": null}}',
        '{"userinfo": {"email": {"essential": true, "purpose": {"a": 1}}}}',
        '{"userinfo": {"email": null, "email": null}}',
    ],
    ids=range(6),
)
async def test_what_is_not_known_is_passed_over(snowflake: Snowflake, claims: str) -> None:
    tokens = await login(snowflake, claims)
    assert (await userinfo(snowflake, tokens))["sub"] == ME


async def test_claims_by_expression_can_be_asked_for_too(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    table = ScopeTable(name="membership", description="x", claims={"since": "account_created"})
    own = (table,)
    async with keeping_sessions(settings, clock, discord, LEAN, scopes=own) as snowflake:
        tokens = await login(snowflake, asking(userinfo={"since": None}))
        assert (await userinfo(snowflake, tokens)).keys() == {"sub", "since"}


async def test_an_id_token_from_the_front_has_them(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    lean = any_with(include_claims_in_id_token=False)
    async with keeping_sessions(settings, clock, discord, lean) as snowflake:
        claims = asking(id_token={"email": None})
        response = await came(
            snowflake.browser, response_type="code id_token", scope="openid", claims=claims
        )
        _, _, sent = answered(response)
        told = read_token(snowflake, sent["id_token"])
        assert told["email"] == USER["email"]
        assert told["nonce"] == NONCE


async def test_a_discord_application_has_its_scopes_alone(snowflake: Snowflake) -> None:
    request = {"client_id": "1056005449054429204", "claims": "x", "scope": "openid"}
    assert (await depart(snowflake.browser, **request)).location
