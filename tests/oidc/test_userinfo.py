import json

import pytest

from snowflake.crypto.private_keys import generate_key, parse_key
from snowflake.settings import Settings
from tests.login import CLIENT_ID, CLIENT_SECRET, read_token, sign_in
from tests.running import NOW, ORIGIN, Clock, Discord, Snowflake, browser_for, running

FORM = "application/x-www-form-urlencoded"


async def access_token(snowflake: Snowflake, **changes: str | None) -> str:
    return str((await sign_in(snowflake.browser, **changes))["access_token"])


def bearer(token: str, scheme: str = "Bearer") -> dict[str, str]:
    return {"authorization": f"{scheme} {token}"}


async def test_the_claims_are_those_of_the_id_token(snowflake: Snowflake) -> None:
    answer = await sign_in(snowflake.browser, nonce="n")
    response = await snowflake.browser.get("/userinfo", headers=bearer(answer["access_token"]))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    of_the_token = {"iss", "aud", "iat", "exp", "auth_time", "at_hash", "jti", "nonce"}
    claims = read_token(snowflake, answer["id_token"])
    assert response.json() == {name: claims[name] for name in claims.keys() - of_the_token}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_token_may_come_in_the_header(
    snowflake: Snowflake, method: str, scheme: str
) -> None:
    headers = bearer(await access_token(snowflake), scheme)
    response = await snowflake.browser.request(method, "/userinfo", headers=headers)
    assert response.status_code == 200
    assert response.json()["sub"] == "80351110224678912"


async def test_the_token_may_come_in_a_form(snowflake: Snowflake) -> None:
    token = await access_token(snowflake)
    response = await snowflake.browser.post("/userinfo", data={"access_token": token})
    assert response.status_code == 200


async def test_the_token_may_not_come_twice(snowflake: Snowflake) -> None:
    token = await access_token(snowflake)
    response = await snowflake.browser.post(
        "/userinfo", headers=bearer(token), data={"access_token": token}
    )
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"


async def test_a_token_in_the_query_string_is_not_read(snowflake: Snowflake) -> None:
    token = await access_token(snowflake)
    response = await snowflake.browser.get("/userinfo", params={"access_token": token})
    assert response.status_code == 401


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"authorization": "Basic YTpi"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_a_token_the_challenge_names_no_error(
    snowflake: Snowflake, method: str, headers: dict[str, str]
) -> None:
    response = await snowflake.browser.request(method, "/userinfo", headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="Snowflake"'
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", "..", "a.b.c.d.e", "x" * 40_000, "e30.e30.", "\u00e9".encode().hex()]
)
async def test_what_is_no_token_is_an_invalid_token(snowflake: Snowflake, token: str) -> None:
    response = await snowflake.browser.get("/userinfo", headers=bearer(token))
    assert response.status_code == 401
    assert response.json()["error"] == "invalid_token"
    assert response.headers["www-authenticate"].startswith("Bearer ")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def refused(snowflake: Snowflake, token: str) -> bool:
    response = await snowflake.browser.get("/userinfo", headers=bearer(token))
    return response.status_code == 401 and response.json()["error"] == "invalid_token"


async def test_an_id_token_is_no_access_token(snowflake: Snowflake) -> None:
    assert await refused(snowflake, (await sign_in(snowflake.browser))["id_token"])


async def test_an_expired_token_is_refused(snowflake: Snowflake) -> None:
    token = await access_token(snowflake)
    snowflake.clock.pass_by(3599)
    assert not await refused(snowflake, token)
    snowflake.clock.pass_by(2)
    assert await refused(snowflake, token)


GOOD = {
    "iss": ORIGIN,
    "aud": f"{ORIGIN}/userinfo",
    "iat": NOW,
    "exp": NOW + 60,
    "jti": "1",
    "sub": "1",
    "scope": "openid",
    "client_id": CLIENT_ID,
}


async def good(snowflake: Snowflake, **change: object) -> dict[str, object]:
    """Claims of an access token as they must be, but for the change; None leaves one out."""
    grant = read_token(snowflake, await access_token(snowflake))["grant"]
    claims = {**GOOD, "grant": grant, **change}
    return {name: value for name, value in claims.items() if value is not None}


async def test_a_token_of_another_key_is_refused(snowflake: Snowflake) -> None:
    another = parse_key(generate_key(), "another")
    claims = await good(snowflake)
    assert not await refused(snowflake, snowflake.state.keys.current.sign(claims, "at+jwt"))
    assert await refused(snowflake, another.sign(claims, "at+jwt"))


@pytest.mark.parametrize(
    ("change", "typ"),
    [
        ({"aud": "https://other.example.com/userinfo"}, "at+jwt"),
        ({"aud": "1056005449054429204"}, "at+jwt"),
        ({"aud": None}, "at+jwt"),
        ({"iss": None}, "at+jwt"),
        ({"sub": None}, "at+jwt"),
        ({"client_id": None}, "at+jwt"),
        ({"client_id": "another"}, "at+jwt"),
        ({"grant": None}, "at+jwt"),
        ({"grant": "another"}, "at+jwt"),
        ({"scope": None}, "at+jwt"),
        ({"exp": None}, "at+jwt"),
        ({"exp": NOW - 1}, "at+jwt"),
        ({"iss": "https://other.example.com"}, "at+jwt"),
        ({}, "JWT"),
        ({}, "logout+jwt"),
    ],
)
async def test_a_token_of_ours_for_something_else_is_refused(
    snowflake: Snowflake, change: dict[str, object], typ: str
) -> None:
    claims = await good(snowflake, **change)
    assert await refused(snowflake, snowflake.state.keys.current.sign(claims, typ))


async def test_an_altered_token_is_refused(snowflake: Snowflake) -> None:
    header, payload, signature = (await access_token(snowflake)).split(".")
    assert await refused(snowflake, f"{header}.{payload[:-2]}AA.{signature}")
    assert await refused(snowflake, f"{header}.{payload}.{signature[:-4]}AAAA")
    assert await refused(snowflake, f"{header}.{payload}.")


async def test_only_claims_of_the_granted_scopes_are_told(snowflake: Snowflake) -> None:
    token = await access_token(snowflake, scope="openid email")
    response = await snowflake.browser.get("/userinfo", headers=bearer(token))
    assert set(response.json()) == {"sub", "email", "email_verified"}


async def test_a_configured_issuer_is_one_at_every_host(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    configured = settings.model_copy(update={"issuer": "https://login.example.com"})
    async with running(configured, clock, discord, "https://login.example.com") as snowflake:
        token = await access_token(snowflake)
        other_host = browser_for(snowflake.app, "http://localhost:8000")
        response = await other_host.get("/userinfo", headers=bearer(token))
        assert response.status_code == 200
        foreign = snowflake.state.keys.current.sign(await good(snowflake, iss=ORIGIN), "at+jwt")
        response = await other_host.get("/userinfo", headers=bearer(foreign))
        assert response.status_code == 401


async def test_a_body_of_another_type_is_not_read(snowflake: Snowflake) -> None:
    token = await access_token(snowflake)
    body = json.dumps({"access_token": token}).encode()
    headers = {"content-type": "application/json"}
    response = await snowflake.browser.post("/userinfo", content=body, headers=headers)
    assert response.status_code == 401
    response = await snowflake.browser.post(
        "/userinfo", content=body, headers={**headers, **bearer(token)}
    )
    assert response.status_code == 200


@pytest.mark.parametrize("guilds", [0, 1, 200])
async def test_a_person_in_many_guilds_can_ask_too(
    snowflake: Snowflake, discord: Discord, guilds: int
) -> None:
    discord.guilds.respond(json=[{"id": str(10**18 + n)} for n in range(guilds)])
    headers = bearer(await access_token(snowflake))
    groups = (await snowflake.browser.get("/userinfo", headers=headers)).json()["groups"]
    assert len(groups) == guilds


async def test_what_was_issued_under_another_address_stays_good_where_snowflake_has_moved(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    old, new = "https://old.example.com", "https://new.example.com"
    before = settings.model_copy(update={"issuer": old})
    async with running(before, clock, discord, old) as snowflake:
        login = await sign_in(snowflake.browser)
    after = settings.model_copy(update={"issuer": new})
    async with running(after, clock, discord, new) as snowflake:
        form = {"grant_type": "refresh_token", "refresh_token": login["refresh_token"]}
        credentials = (CLIENT_ID, CLIENT_SECRET)
        answer = await snowflake.browser.post("/token", data=form, auth=credentials)
        for token in (login["access_token"], answer.json()["access_token"]):
            assert not await refused(snowflake, token)
            claims = read_token(snowflake, token)
            moved = {**claims, "iss": new, "aud": f"{new}/userinfo"}
            signed = snowflake.state.keys.current.sign(moved, "at+jwt")
            assert await refused(snowflake, signed)
