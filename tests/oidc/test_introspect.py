import httpx
import pytest

from snowflake.protocol.pkce import challenge_of
from tests.login import CLIENT_ID, CLIENT_SECRET, Json, changed, code_for, redeem, sign_in
from tests.running import NOW, ORIGIN, Snowflake

INACTIVE = {"active": False}
PERSON = "80351110224678912"


async def ask(snowflake: Snowflake, token: str | None, **changes: str | None) -> httpx.Response:
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    form |= {"token": token} if token is not None else {}
    return await snowflake.browser.post("/introspect", data=changed(form, changes))


async def introspect(snowflake: Snowflake, token: str, **changes: str | None) -> Json:
    response = await ask(snowflake, token, **changes)
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    answer: Json = response.json()
    return answer


async def test_an_access_token_is_described(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake.browser)
    answer = await introspect(snowflake, tokens["access_token"])
    assert answer.pop("jti")
    assert answer == {
        "active": True,
        "iss": ORIGIN,
        "sub": PERSON,
        "client_id": CLIENT_ID,
        "aud": f"{ORIGIN}/userinfo",
        "scope": tokens["scope"],
        "iat": NOW,
        "exp": NOW + 3600,
        "token_type": "Bearer",
    }


async def test_a_refresh_token_is_described(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake.browser)
    answer = await introspect(snowflake, tokens["refresh_token"])
    assert answer == {
        "active": True,
        "iss": ORIGIN,
        "sub": PERSON,
        "client_id": CLIENT_ID,
        "scope": tokens["scope"],
        "exp": NOW + 30 * 86400,
    }


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense"])
async def test_a_wrong_hint_does_no_harm(snowflake: Snowflake, hint: str) -> None:
    tokens = await sign_in(snowflake.browser)
    for kind in ("access_token", "refresh_token"):
        assert (await introspect(snowflake, tokens[kind], token_type_hint=hint))["active"] is True


@pytest.mark.parametrize("token", ["x", "a.b.c", "a" * 43])
async def test_an_unknown_token_is_inactive_and_no_more_is_said(
    snowflake: Snowflake, token: str
) -> None:
    assert await introspect(snowflake, token) == INACTIVE


async def test_an_id_token_is_no_token_to_ask_about(snowflake: Snowflake) -> None:
    assert await introspect(snowflake, (await sign_in(snowflake.browser))["id_token"]) == INACTIVE


async def test_expired_tokens_are_inactive(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.clock.pass_by(3601)
    assert await introspect(snowflake, tokens["access_token"]) == INACTIVE
    assert (await introspect(snowflake, tokens["refresh_token"]))["active"] is True
    snowflake.clock.pass_by(30 * 86400)
    assert await introspect(snowflake, tokens["refresh_token"]) == INACTIVE


async def test_a_used_refresh_token_is_inactive(snowflake: Snowflake) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    answer = await snowflake.browser.post("/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET))
    assert answer.status_code == 200
    assert await introspect(snowflake, token) == INACTIVE
    assert (await introspect(snowflake, answer.json()["refresh_token"]))["active"] is True


async def test_another_client_s_token_is_inactive(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake.browser)
    for kind in ("access_token", "refresh_token"):
        answer = await introspect(snowflake, tokens[kind], client_id="81384788765712384")
        assert answer == INACTIVE


@pytest.mark.parametrize("secret", ["wrong", None])
async def test_a_client_that_is_not_who_it_says_learns_nothing(
    snowflake: Snowflake, secret: str | None
) -> None:
    tokens = await sign_in(snowflake.browser)
    response = await ask(snowflake, tokens["access_token"], client_secret=secret)
    assert response.status_code == 401
    assert response.json().keys() == {"error", "error_description"}


async def test_a_public_client_may_not_ask_even_about_its_own_token(snowflake: Snowflake) -> None:
    verifier = "a-verifier-of-forty-three-characters-or-more"
    pkce = {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}
    code = await code_for(snowflake.browser, **pkce)
    public = {"client_secret": None, "code_verifier": verifier}
    tokens = (await redeem(snowflake.browser, code, **public)).json()
    response = await ask(snowflake, tokens["access_token"], client_secret=None)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


async def test_discovery_names_the_endpoint(snowflake: Snowflake) -> None:
    metadata = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    assert metadata["introspection_endpoint"].endswith("/introspect")
