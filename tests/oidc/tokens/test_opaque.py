"""Access tokens that say nothing by themselves."""

from collections.abc import AsyncIterator
from unittest.mock import AsyncMock

import httpx
import pytest

from snowflake.crypto.algorithms import RS256
from snowflake.errors import StoreDown
from snowflake.oidc.tokens.hashes import half_hash
from snowflake.settings import Settings
from snowflake.store.access_tokens import AccessTokens
from snowflake.store.session_ends import Which
from tests.login import Json, code_for, read_token
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    GRAFANA,
    SECRETS,
    WIKI,
    enter,
    is_alive,
    keeping_sessions,
    refresh,
    tokens_for,
)
from tests.running import NOW, ORIGIN, USER, Clock, Discord, Snowflake

OPAQUE = GRAFANA.model_copy(update={"access_token_format": "opaque"})
CLIENT = {"client_id": "grafana", "client_secret": SECRETS["grafana"]}


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    async with keeping_sessions(settings, clock, discord, OPAQUE, WIKI) as snowflake:
        yield snowflake


async def login(snowflake: Snowflake, **changes: str) -> Json:
    code = await code_for(snowflake.browser, **AS_GRAFANA, **changes)
    return await tokens_for(snowflake.browser, AS_GRAFANA, code)


async def userinfo(snowflake: Snowflake, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return await snowflake.browser.get("/userinfo", headers=headers)


async def introspect(snowflake: Snowflake, token: str) -> Json:
    answer: Json = (
        await snowflake.browser.post("/introspect", data={**CLIENT, "token": token})
    ).json()
    return answer


async def test_it_is_no_json_web_token_and_the_id_token_is_tied_to_it(
    snowflake: Snowflake,
) -> None:
    tokens = await login(snowflake)
    assert "." not in tokens["access_token"]
    assert len(tokens["access_token"]) == 43
    assert tokens["expires_in"] == 3600
    claims = read_token(snowflake, tokens["id_token"])
    assert claims["at_hash"] == half_hash(tokens["access_token"], RS256)
    assert claims["exp"] == NOW + 3600


async def test_userinfo_and_introspection_look_it_up(snowflake: Snowflake) -> None:
    tokens = await login(snowflake, scope="openid email")
    answer = await userinfo(snowflake, tokens["access_token"])
    assert answer.status_code == 200
    assert answer.json()["email"] == USER["email"]
    assert await introspect(snowflake, tokens["access_token"]) == {
        "active": True,
        "iss": ORIGIN,
        "sub": USER["id"],
        "client_id": "grafana",
        "aud": f"{ORIGIN}/userinfo",
        "scope": "openid email",
        "iat": NOW,
        "exp": NOW + 3600,
        "token_type": "Bearer",
    }


async def test_it_expires(snowflake: Snowflake, clock: Clock) -> None:
    tokens = await login(snowflake)
    clock.pass_by(3600)
    answer = await userinfo(snowflake, tokens["access_token"])
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert await introspect(snowflake, tokens["access_token"]) == {"active": False}


async def test_a_refresh_gives_another_one_and_so_does_a_lost_answer(snowflake: Snowflake) -> None:
    first = await login(snowflake)
    second = await refresh(snowflake.browser, AS_GRAFANA, first)
    again = await refresh(snowflake.browser, AS_GRAFANA, first)
    assert again["refresh_token"] == second["refresh_token"]
    every = {tokens["access_token"] for tokens in (first, second, again)}
    assert len(every) == 3
    for token in every:
        assert (await userinfo(snowflake, token)).status_code == 200


async def test_fewer_scopes_at_a_refresh_are_fewer_claims(snowflake: Snowflake) -> None:
    tokens = await login(snowflake, scope="openid email")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answer = await snowflake.browser.post("/token", data={**CLIENT, **form, "scope": "openid"})
    claims = await userinfo(snowflake, answer.json()["access_token"])
    assert claims.json() == {"sub": USER["id"]}


async def test_it_ends_with_its_revocation(snowflake: Snowflake) -> None:
    tokens = await login(snowflake)
    await snowflake.browser.post("/revoke", data={**CLIENT, "token": tokens["access_token"]})
    assert (await userinfo(snowflake, tokens["access_token"])).status_code == 401
    assert (await refresh(snowflake.browser, AS_GRAFANA, tokens))["error"] == "invalid_grant"


async def test_it_ends_with_its_session_even_if_its_grant_does_not(
    snowflake: Snowflake, clock: Clock
) -> None:
    tokens = await login(snowflake, scope="openid offline_access")
    [session] = await snowflake.state.store.sessions.of_person()
    clock.now = session.expires_at - 60
    late = await refresh(snowflake.browser, AS_GRAFANA, tokens)
    assert late["expires_in"] == 60
    await snowflake.state.logout.end(Which(session=session.id))
    assert not await is_alive(snowflake.browser, late)


async def test_another_client_has_its_own_kind_side_by_side(snowflake: Snowflake) -> None:
    await login(snowflake)
    tokens = await enter(snowflake.browser, AS_WIKI)
    assert tokens["access_token"].count(".") == 2
    assert await introspect(snowflake, tokens["access_token"]) == {"active": False}


async def test_what_was_issued_before_the_kind_was_changed_is_still_good(
    snowflake: Snowflake,
) -> None:
    tokens = await login(snowflake)
    changed = snowflake.state.settings.model_copy(update={"clients": (GRAFANA, WIKI)})
    snowflake.state.registry.use(changed)
    assert (await userinfo(snowflake, tokens["access_token"])).status_code == 200


async def test_an_outage_of_the_store_is_no_verdict(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = await login(snowflake)
    outage = AsyncMock(side_effect=StoreDown("the store cannot be reached; try again"))
    monkeypatch.setattr(AccessTokens, "find", outage)
    answer = await userinfo(snowflake, tokens["access_token"])
    assert answer.status_code == 503


@pytest.mark.parametrize("token", ["x", "a" * 43, "\u00e4" * 43, "a" * 20_000, "%00"])
async def test_what_was_never_issued_is_refused(snowflake: Snowflake, token: str) -> None:
    answer = await snowflake.browser.post("/userinfo", data={"access_token": token})
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_token"
