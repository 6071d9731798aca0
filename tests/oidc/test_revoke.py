from collections.abc import Iterator

import httpx
import pytest
import respx

from tests.login import CLIENT_ID, CLIENT_SECRET, changed, sign_in
from tests.running import DISCORD_API, Snowflake

PERSON = "80351110224678912"


@pytest.fixture
def revoked() -> Iterator[respx.Route]:
    """Discord's revocation endpoint."""
    with respx.mock(assert_all_called=False, using="aiohttp") as router:
        yield router.post(f"{DISCORD_API}/oauth2/token/revoke").respond(json={})


async def revoke(snowflake: Snowflake, token: str | None, **changes: str | None) -> httpx.Response:
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    form |= {"token": token} if token is not None else {}
    return await snowflake.browser.post("/revoke", data=changed(form, changes))


async def userinfo(snowflake: Snowflake, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return (await snowflake.browser.get("/userinfo", headers=headers)).status_code


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
async def test_either_token_ends_the_grant_at_once(
    snowflake: Snowflake, revoked: respx.Route, kind: str, hint: str | None
) -> None:
    tokens = await sign_in(snowflake.browser)
    response = await revoke(snowflake, tokens[kind], token_type_hint=hint)
    assert (response.status_code, response.content) == (200, b"")
    assert await userinfo(snowflake, tokens["access_token"]) == 401
    assert await snowflake.state.store.refresh_tokens.find(tokens["refresh_token"]) is None


@pytest.mark.parametrize("token", ["x", "a.b.c", "a" * 43])
async def test_an_unknown_token_gets_the_same_answer(
    snowflake: Snowflake, revoked: respx.Route, token: str
) -> None:
    response = await revoke(snowflake, token)
    assert (response.status_code, response.content) == (200, b"")
    assert not revoked.called


async def test_a_token_may_be_revoked_twice(snowflake: Snowflake, revoked: respx.Route) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    for _ in range(2):
        assert (await revoke(snowflake, token)).status_code == 200
    assert revoked.call_count == 1


async def test_another_client_s_token_lives_on(snowflake: Snowflake, revoked: respx.Route) -> None:
    tokens = await sign_in(snowflake.browser)
    other = {"client_id": "81384788765712384"}
    assert (await revoke(snowflake, tokens["refresh_token"], **other)).status_code == 200
    assert await userinfo(snowflake, tokens["access_token"]) == 200
    assert not revoked.called


@pytest.mark.parametrize("secret", ["wrong", None])
async def test_a_client_that_is_not_who_it_says_ends_nothing(
    snowflake: Snowflake, revoked: respx.Route, secret: str | None
) -> None:
    tokens = await sign_in(snowflake.browser)
    response = await revoke(snowflake, tokens["access_token"], client_secret=secret)
    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"
    assert await userinfo(snowflake, tokens["access_token"]) == 200


async def test_the_last_grant_takes_discords_tokens_along(
    snowflake: Snowflake, revoked: respx.Route
) -> None:
    first, last = [await sign_in(snowflake.browser) for _ in range(2)]
    await revoke(snowflake, first["refresh_token"])
    assert not revoked.called
    await revoke(snowflake, last["refresh_token"])
    sent = dict(httpx.QueryParams(revoked.calls.last.request.content.decode()))
    assert sent == {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "token": "discord-refresh-token",
    }
    assert await snowflake.state.store.discord_tokens.of_person(PERSON) == []


async def test_the_grant_ends_though_discord_is_out(
    snowflake: Snowflake, revoked: respx.Route
) -> None:
    revoked.respond(503)
    tokens = await sign_in(snowflake.browser)
    assert (await revoke(snowflake, tokens["refresh_token"])).status_code == 200
    assert await userinfo(snowflake, tokens["access_token"]) == 401


async def test_a_token_and_a_client_are_needed(snowflake: Snowflake) -> None:
    assert (await revoke(snowflake, None)).json()["error"] == "invalid_request"
    response = await snowflake.browser.post("/revoke", data={"token": "x"})
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


async def test_discovery_names_the_endpoint(snowflake: Snowflake) -> None:
    metadata = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    assert metadata["revocation_endpoint"].endswith("/revoke")
    assert "client_secret_basic" in metadata["revocation_endpoint_auth_methods_supported"]
    assert "refresh_token" in metadata["grant_types_supported"]
    assert "offline_access" in metadata["scopes_supported"]
