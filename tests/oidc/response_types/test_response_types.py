"""Response types (OpenID Connect Core 1.0, sections 3.2 and 3.3)."""

from collections.abc import AsyncIterator

import httpx
import pytest

from snowflake.crypto.algorithms import ALGORITHMS
from snowflake.oidc.response_types.id_token import ROOM
from snowflake.oidc.tokens.hashes import half_hash
from snowflake.settings import Settings
from snowflake.settings.tables.clients.responses import RESPONSE_TYPES
from snowflake.store.session_ends import Which
from tests.login import APPLICATION, Json, come_back, depart, query_of, read_token
from tests.oidc.response_types.answers import ANY, NONCE, answered, any_with, asked, came
from tests.oidc.signed_in import (
    AS_GRAFANA,
    GRAFANA,
    SECRETS,
    WIKI,
    enter,
    is_alive,
    keeping_sessions,
    tokens_for,
)
from tests.oidc.test_registered_clients import CHALLENGE, VERIFIER, registering
from tests.running import NOW, ORIGIN, USER, Clock, Discord, Snowflake, running

RS256 = ALGORITHMS["RS256"]
WITH_TOKENS = [one for one in RESPONSE_TYPES if one != "code"]
WITH_CODE = [one for one in WITH_TOKENS if "code" in one.split()]
#: Parameters that a word brings.
BROUGHT = {
    "code": {"code"},
    "token": {"access_token", "token_type", "expires_in", "scope"},
    "id_token": {"id_token"},
}


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    async with keeping_sessions(settings, clock, discord, ANY, WIKI) as snowflake:
        yield snowflake


async def userinfo(snowflake: Snowflake, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return await snowflake.browser.get("/userinfo", headers=headers)


@pytest.mark.parametrize("by_session", [False, True], ids=["from Discord", "by session"])
@pytest.mark.parametrize("response_type", RESPONSE_TYPES)
async def test_each_brings_what_its_words_say_and_nothing_else(
    snowflake: Snowflake, response_type: str, by_session: bool
) -> None:
    if by_session:
        await came(snowflake.browser, response_type="code")
    send = asked if by_session else came
    response = await send(snowflake.browser, response_type=response_type)
    mode, place, sent = answered(response)
    assert mode == ("query" if response_type == "code" else "fragment")
    assert place == APPLICATION
    expected = {"state", "iss"}.union(*(BROUGHT[word] for word in response_type.split()))
    assert sent.keys() == expected
    assert sent["state"] == "the application's state"
    assert sent["iss"] == ORIGIN
    assert "refresh_token" not in sent


@pytest.mark.parametrize("response_type", WITH_TOKENS)
async def test_an_id_token_is_tied_to_whatever_comes_with_it(
    snowflake: Snowflake, response_type: str
) -> None:
    _, _, sent = answered(await came(snowflake.browser, response_type=response_type))
    if "id_token" not in sent:
        return
    claims = read_token(snowflake, sent["id_token"])
    assert claims["nonce"] == NONCE
    assert claims["aud"] == "grafana"
    assert claims["iss"] == ORIGIN
    assert claims["sub"] == USER["id"]
    assert claims["exp"] == NOW + 3600
    ties = {"at_hash": sent.get("access_token"), "c_hash": sent.get("code")}
    for name, value in ties.items():
        assert claims.get(name) == (half_hash(value, RS256) if value is not None else None)


@pytest.mark.parametrize("response_type", [one for one in WITH_TOKENS if "token" in one.split()])
async def test_an_access_token_works_and_says_for_how_long(
    snowflake: Snowflake, response_type: str
) -> None:
    _, _, sent = answered(await came(snowflake.browser, response_type=response_type))
    assert sent["token_type"] == "Bearer"
    assert sent["expires_in"] == "3600"
    answer = await userinfo(snowflake, sent["access_token"])
    assert answer.json()["name"]
    form = {"client_id": "grafana", "client_secret": SECRETS["grafana"]}
    form["token"] = sent["access_token"]
    told = (await snowflake.browser.post("/introspect", data=form)).json()
    assert told["active"] is True
    assert told["exp"] == NOW + 3600


@pytest.mark.parametrize("response_type", WITH_CODE)
async def test_a_code_that_comes_with_tokens_is_redeemed_later(
    snowflake: Snowflake, response_type: str, clock: Clock
) -> None:
    _, _, sent = answered(await came(snowflake.browser, response_type=response_type))
    clock.pass_by(30)
    tokens = await tokens_for(snowflake.browser, AS_GRAFANA, sent["code"])
    later = read_token(snowflake, tokens["id_token"])
    assert tokens["refresh_token"]
    assert later["nonce"] == NONCE
    assert "c_hash" not in later
    if "id_token" in sent:
        before = read_token(snowflake, sent["id_token"])
        for name in ("iss", "sub", "sid", "auth_time", "aud"):
            assert before[name] == later[name]
    if "access_token" in sent:
        assert await is_alive(snowflake.browser, {"access_token": sent["access_token"]})
        assert sent["access_token"] != tokens["access_token"]


async def test_a_replayed_code_ends_the_tokens_that_came_with_it(snowflake: Snowflake) -> None:
    _, _, sent = answered(await came(snowflake.browser, response_type="code id_token token"))
    await tokens_for(snowflake.browser, AS_GRAFANA, sent["code"])
    form = {**AS_GRAFANA, "client_secret": SECRETS["grafana"], "redirect_uri": APPLICATION}
    form |= {"grant_type": "authorization_code", "code": sent["code"]}
    again = await snowflake.browser.post("/token", data=form)
    assert again.json()["error"] == "invalid_grant"
    assert not await is_alive(snowflake.browser, {"access_token": sent["access_token"]})


async def test_revoking_the_tokens_of_a_code_ends_those_that_came_with_it(
    snowflake: Snowflake,
) -> None:
    _, _, sent = answered(await came(snowflake.browser, response_type="code token"))
    tokens = await tokens_for(snowflake.browser, AS_GRAFANA, sent["code"])
    form = {"client_id": "grafana", "client_secret": SECRETS["grafana"]}
    form["token"] = tokens["refresh_token"]
    assert (await snowflake.browser.post("/revoke", data=form)).status_code == 200
    assert not await is_alive(snowflake.browser, {"access_token": sent["access_token"]})


async def test_tokens_end_with_the_session(snowflake: Snowflake) -> None:
    _, _, sent = answered(await came(snowflake.browser, response_type="id_token token"))
    [session] = await snowflake.state.store.sessions.of_person()
    await snowflake.state.logout.end(Which(session=session.id))
    assert not await is_alive(snowflake.browser, {"access_token": sent["access_token"]})


async def test_an_id_token_alone_leaves_no_grant(snowflake: Snowflake) -> None:
    await came(snowflake.browser, response_type="id_token")
    assert await snowflake.state.store.grants.of_person(str(USER["id"])) == []


async def test_offline_access_is_not_given_at_the_front(snowflake: Snowflake, clock: Clock) -> None:
    scope = "openid offline_access"
    await came(snowflake.browser, response_type="id_token token", scope=scope)
    [grant] = await snowflake.state.store.grants.of_person(str(USER["id"]))
    assert not grant.offline
    assert grant.expires_at == NOW + 3600


async def test_an_id_token_alone_has_the_claims_and_else_the_client_says(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    lean = any_with(include_claims_in_id_token=False)
    async with keeping_sessions(settings, clock, discord, lean) as snowflake:
        for response_type in WITH_TOKENS:
            _, _, sent = answered(await came(snowflake.browser, response_type=response_type))
            if "id_token" in sent:
                claims = read_token(snowflake, sent["id_token"])
                assert ("email" in claims) == (response_type == "id_token")


async def test_what_stands_in_an_address_stays_short(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    named = [{"id": str(10**18 + number), "name": "x" * 100} for number in range(200)]
    discord.guilds.respond(json=named)
    async with keeping_sessions(settings, clock, discord, ANY) as snowflake:
        for response_type in WITH_TOKENS:
            response = await came(snowflake.browser, response_type=response_type)
            assert len(response.headers["location"]) < ROOM + 3000
            _, _, sent = answered(response)
            if "id_token" in sent:
                claims = read_token(snowflake, sent["id_token"])
                assert claims["sub"] == USER["id"]
                assert "groups" not in claims
        posted = await came(snowflake.browser, response_type="id_token", response_mode="form_post")
        claims = read_token(snowflake, answered(posted)[2]["id_token"])
        assert len(claims["groups"]) == 200


async def test_the_order_of_words_is_free(snowflake: Snowflake) -> None:
    _, _, sent = answered(await came(snowflake.browser, response_type="token id_token code"))
    assert {"code", "access_token", "id_token"} <= sent.keys()


@pytest.mark.parametrize(
    ("response_type", "refusal"),
    [
        ("token", ("fragment", "unsupported_response_type")),
        ("none", ("query", "unsupported_response_type")),
        ("code code", ("query", "unsupported_response_type")),
        ("id_token  token", ("query", "unsupported_response_type")),
        ("", ("query", "invalid_request")),
        ("\u00fc" * 3000, ("query", "unsupported_response_type")),
        (None, ("query", "invalid_request")),
        ("id_token", ("fragment", "unauthorized_client")),
        ("token id_token", ("fragment", "unauthorized_client")),
    ],
)
async def test_what_is_not_there_or_not_for_this_client_is_told_by_redirect(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    response_type: str | None,
    refusal: tuple[str, str],
) -> None:
    mode, error = refusal
    async with keeping_sessions(settings, clock, discord, GRAFANA) as snowflake:
        response = await asked(snowflake.browser, response_type=response_type)
        told, place, sent = answered(response)
        assert (told, place, sent["error"]) == (mode, APPLICATION, error)
        assert sent["state"] == "the application's state"
        # In a form, if that is asked for.
        form = {"response_type": response_type, "response_mode": "form_post"}
        told, place, sent = answered(await asked(snowflake.browser, **form))
        assert (told, place, sent["error"]) == ("form_post", APPLICATION, error)


@pytest.mark.parametrize("response_type", [one for one in RESPONSE_TYPES if "id_token" in one])
async def test_an_id_token_at_the_front_needs_a_nonce(
    snowflake: Snowflake, response_type: str
) -> None:
    for nonce in (None, ""):
        response = await asked(snowflake.browser, response_type=response_type, nonce=nonce)
        mode, _, sent = answered(response)
        assert mode == "fragment"
        assert sent["error"] == "invalid_request"
        assert "nonce" in sent["error_description"]


async def test_a_public_client_uses_pkce_where_there_is_a_code(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    public = any_with(secret=None, public=True)
    async with keeping_sessions(settings, clock, discord, public) as snowflake:
        for response_type in WITH_CODE:
            _, _, sent = answered(await asked(snowflake.browser, response_type=response_type))
            assert sent["error"] == "invalid_request"
        _, _, sent = answered(await came(snowflake.browser, response_type="id_token token"))
        assert "id_token" in sent
        pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        hybrid = await came(snowflake.browser, response_type="code id_token", **pkce)
        code = answered(hybrid)[2]["code"]
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        form |= {**AS_GRAFANA, "redirect_uri": APPLICATION}
        assert (await snowflake.browser.post("/token", data=form)).status_code == 200


@pytest.mark.parametrize("response_type", ["id_token", "code id_token"])
async def test_an_id_token_needs_no_sessions(
    settings: Settings, clock: Clock, discord: Discord, response_type: str
) -> None:
    async with running(registering(settings, ANY), clock, discord) as snowflake:
        _, _, sent = answered(await came(snowflake.browser, response_type=response_type))
        claims = read_token(snowflake, sent["id_token"])
        assert claims["sub"] == USER["id"]
        assert "sid" not in claims


async def test_loading_the_way_back_again_brings_back_no_token_that_was_revoked(
    snowflake: Snowflake,
) -> None:
    changes = {"client_id": "grafana", "nonce": NONCE, "response_type": "id_token token"}
    departure = await depart(snowflake.browser, **changes)
    _, _, first = answered(await come_back(snowflake.browser, departure))
    form = {"client_id": "grafana", "client_secret": SECRETS["grafana"]}
    form["token"] = first["access_token"]
    assert (await snowflake.browser.post("/revoke", data=form)).status_code == 200
    _, _, second = answered(await come_back(snowflake.browser, departure))
    assert await is_alive(snowflake.browser, second)
    assert not await is_alive(snowflake.browser, first)


async def test_without_a_page_errors_go_by_the_mode_of_the_answer(snowflake: Snowflake) -> None:
    silent = await asked(snowflake.browser, response_type="id_token token", prompt="none")
    mode, _, sent = answered(silent)
    assert (mode, sent["error"]) == ("fragment", "login_required")


async def test_a_client_without_refresh_tokens_gets_none_and_may_bring_none(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    single = GRAFANA.model_copy(update={"grant_types": ("authorization_code",)})
    async with keeping_sessions(settings, clock, discord, single, WIKI) as snowflake:
        tokens: Json = await tokens_for(
            snowflake.browser,
            AS_GRAFANA,
            query_of((await came(snowflake.browser)).headers["location"])["code"],
        )
        assert "refresh_token" not in tokens
        form = {"grant_type": "refresh_token", "refresh_token": "x"}
        form |= {"client_id": "grafana", "client_secret": SECRETS["grafana"]}
        answer = await snowflake.browser.post("/token", data=form)
        assert answer.status_code == 400
        assert answer.json()["error"] == "unauthorized_client"
        assert (await enter(snowflake.browser, AS_GRAFANA))["access_token"]
