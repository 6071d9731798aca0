import asyncio
from collections.abc import Mapping, Sequence

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from snowflake.protocol.pkce import challenge_of
from snowflake.settings import Settings
from snowflake.state.quota import GUESSES
from tests.login import (
    APPLICATION,
    CLIENT_ID,
    DISCORD_CODE,
    TOKEN_REQUEST,
    Json,
    changed,
    code_for,
    depart,
    query_of,
    read_token,
    redeem,
    sign_in,
)
from tests.quotas import allow
from tests.running import GUILDS, ORIGIN, TOKENS, USER, Clock, Discord, Snowflake, running

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
PKCE = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
PERSON_CLAIMS = {
    "profile": {"name", "preferred_username", "nickname", "locale", "picture"},
    "email": {"email", "email_verified"},
    "groups": {"groups"},
}


def replays_in(logs: Sequence[Mapping[str, object]]) -> list[object]:
    return [entry["event"] for entry in logs if "replayed" in str(entry["event"])]


async def userinfo(snowflake: Snowflake, tokens: Json) -> httpx.Response:
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    return await snowflake.browser.get("/userinfo", headers=headers)


def refused_as(response: httpx.Response, error: str, description: str = "") -> bool:
    body = response.json()
    assert set(body) == {"error", "error_description"}
    return body["error"] == error and description in body["error_description"]


async def test_a_code_is_redeemed_at_discord(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    code = await code_for(snowflake.browser)
    response = await redeem(snowflake.browser, code)
    assert response.status_code == 200
    sent = dict(httpx.QueryParams(snowflake.discord.token.calls.last.request.content.decode()))
    assert sent["code"] == DISCORD_CODE
    assert sent["redirect_uri"] == departure.redirect_uri == f"{ORIGIN}/r/{APPLICATION}"


async def test_discord_gets_the_verifier_of_the_challenge_that_it_was_sent(
    snowflake: Snowflake,
) -> None:
    departure = await depart(snowflake.browser)
    response = await snowflake.browser.get(
        departure.redirect_uri, params={"code": "c", "state": departure.state}
    )
    await redeem(snowflake.browser, query_of(response.headers["location"])["code"])
    sent = dict(httpx.QueryParams(snowflake.discord.token.calls.last.request.content.decode()))
    assert challenge_of(sent["code_verifier"]) == query_of(departure.location)["code_challenge"]


@pytest.mark.parametrize(
    "code", ["x", "a.b.c", "\u00e9", "gAAAAABo" + "A" * 200, "A" * 30_000, " ", "null"]
)
async def test_what_is_no_code_of_ours_is_refused(snowflake: Snowflake, code: str) -> None:
    response = await redeem(snowflake.browser, code)
    assert response.status_code == 400
    assert refused_as(response, "invalid_grant")
    assert not snowflake.discord.calls


@given(st.integers(0, 2000), st.sampled_from("ABab01_-=+ "))
async def test_an_altered_code_is_refused(snowflake: Snowflake, place: int, by: str) -> None:
    code = await code_for(snowflake.browser)
    place %= len(code)
    altered = code[:place] + by + code[place + 1 :]
    if altered != code:
        response = await redeem(snowflake.browser, altered)
        assert response.status_code == 400
        assert refused_as(response, "invalid_grant")


async def test_a_code_lives_for_a_minute(snowflake: Snowflake) -> None:
    code = await code_for(snowflake.browser)
    snowflake.clock.pass_by(60)
    assert (await redeem(snowflake.browser, code)).status_code == 200
    snowflake.clock.pass_by(1)
    response = await redeem(snowflake.browser, code)
    assert response.status_code == 400
    assert refused_as(response, "invalid_grant", "expired")


@pytest.mark.parametrize("missing", ["code", "redirect_uri", "grant_type"])
@pytest.mark.parametrize("value", [None, ""])
async def test_what_is_missing_is_named(
    snowflake: Snowflake, missing: str, value: str | None
) -> None:
    form = {**TOKEN_REQUEST, "code": await code_for(snowflake.browser)}
    response = await snowflake.browser.post("/token", data=changed(form, {missing: value}))
    assert response.status_code == 400
    assert refused_as(response, "invalid_request", f"{missing} is missing")


async def test_the_code_of_another_client_is_refused(snowflake: Snowflake) -> None:
    response = await redeem(snowflake.browser, await code_for(snowflake.browser), client_id="2")
    assert response.status_code == 400
    assert refused_as(response, "invalid_grant", "another client")
    assert not snowflake.discord.calls


@pytest.mark.parametrize(
    "redirect_uri", [f"{APPLICATION}/", "https://evil.example.com/", APPLICATION.upper(), "x"]
)
async def test_another_redirect_uri_is_refused(snowflake: Snowflake, redirect_uri: str) -> None:
    code = await code_for(snowflake.browser)
    response = await redeem(snowflake.browser, code, redirect_uri=redirect_uri)
    assert response.status_code == 400
    assert refused_as(response, "invalid_grant", "redirect_uri")
    assert not snowflake.discord.calls


async def test_a_code_that_discord_calls_used_is_an_invalid_grant(snowflake: Snowflake) -> None:
    code = await code_for(snowflake.browser)
    snowflake.discord.token.respond(400, json={"error": "invalid_grant"})
    response = await redeem(snowflake.browser, code)
    assert response.status_code == 400
    assert refused_as(response, "invalid_grant", "expired, used or revoked")


async def test_a_code_that_discord_cannot_read_is_one_too_and_does_not_come_again(
    snowflake: Snowflake,
) -> None:
    code = await code_for(snowflake.browser)
    snowflake.discord.token.respond(400, json={"error": "invalid_request"})
    for description in ("damaged", "used"):
        response = await redeem(snowflake.browser, code)
        assert response.status_code == 400
        assert refused_as(response, "invalid_grant", description)
    assert snowflake.discord.token.call_count == 1


async def test_a_wrong_secret_is_an_invalid_client_and_does_not_spend_the_code(
    snowflake: Snowflake,
) -> None:
    code = await code_for(snowflake.browser)
    good = snowflake.discord.token.return_value
    snowflake.discord.token.respond(401, json={"error": "invalid_client"})
    response = await redeem(snowflake.browser, code, client_secret="wrong")
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic ")
    assert refused_as(response, "invalid_client")
    snowflake.discord.token.mock(return_value=good)
    assert (await redeem(snowflake.browser, code)).status_code == 200


@pytest.mark.parametrize(("status", "both"), [(200, [200, 400]), (503, [503, 200])])
async def test_a_code_that_comes_twice_at_once_may_come_again_until_it_is_spent(
    snowflake: Snowflake, status: int, both: list[int]
) -> None:
    code, good = await code_for(snowflake.browser), snowflake.discord.token.return_value
    asked, answers = asyncio.Event(), asyncio.Event()

    async def takes_its_time(request: httpx.Request) -> httpx.Response:
        asked.set()
        await answers.wait()
        return httpx.Response(status, json=dict(TOKENS), request=request)

    snowflake.discord.token.mock(side_effect=takes_its_time)
    first = asyncio.create_task(redeem(snowflake.browser, code))
    await asked.wait()
    second = await redeem(snowflake.browser, code)
    assert (second.status_code, second.headers["retry-after"]) == (503, "1")
    assert refused_as(second, "temporarily_unavailable", "by another request")
    answers.set()
    statuses = [(await first).status_code]
    snowflake.discord.token.mock(return_value=good, side_effect=None)
    statuses.append((await redeem(snowflake.browser, code)).status_code)
    assert statuses == both


async def test_a_replay_with_the_clients_secret_ends_the_grant(snowflake: Snowflake) -> None:
    code = await code_for(snowflake.browser)
    tokens = (await redeem(snowflake.browser, code)).json()
    with capture_logs() as logs:
        for _ in range(2):
            assert refused_as(await redeem(snowflake.browser, code), "invalid_grant", "used")
    assert replays_in(logs) == ["code_replayed"]
    assert (await userinfo(snowflake, tokens)).status_code == 401


async def test_a_replay_without_the_clients_secret_ends_nothing(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nor do guesses without end.
    allow(monkeypatch, GUESSES, client=1)
    code = await code_for(snowflake.browser)
    tokens = (await redeem(snowflake.browser, code)).json()
    with capture_logs() as logs:
        for number in range(3):
            refused = await redeem(snowflake.browser, code, client_secret=f"wrong {number}")
            assert refused.status_code == 400
            assert refused_as(refused, "invalid_grant", "used")
    assert replays_in(logs) == ["code_replayed_by_stranger"] * 3
    assert snowflake.discord.token.call_count == 1
    assert (await userinfo(snowflake, tokens)).status_code == 200


async def test_a_public_clients_replay_with_its_verifier_ends_the_grant(
    snowflake: Snowflake,
) -> None:
    code = await code_for(snowflake.browser, **PKCE)
    public = {"client_secret": None, "code_verifier": VERIFIER}
    tokens = (await redeem(snowflake.browser, code, **public)).json()
    stranger = await redeem(snowflake.browser, code, client_secret=None, code_verifier="x" * 43)
    assert refused_as(stranger, "invalid_grant", "does not match")
    assert (await userinfo(snowflake, tokens)).status_code == 200
    assert refused_as(await redeem(snowflake.browser, code, **public), "invalid_grant", "used")
    assert (await userinfo(snowflake, tokens)).status_code == 401


@pytest.mark.parametrize("call", ["token", "user", "guilds"])
async def test_an_outage_of_discord_is_temporary(snowflake: Snowflake, call: str) -> None:
    code = await code_for(snowflake.browser)
    getattr(snowflake.discord, call).respond(429, headers={"Retry-After": "41"})
    response = await redeem(snowflake.browser, code)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "41"
    assert refused_as(response, "temporarily_unavailable")


@pytest.mark.parametrize(
    ("challenge", "verifier", "description"),
    [
        (PKCE, None, "code_verifier is missing"),
        (PKCE, "", "code_verifier is missing"),
        (PKCE, "B" + VERIFIER[1:], "does not match"),
        (PKCE, VERIFIER[:42], "43 to 128"),
        (PKCE, VERIFIER * 4, "43 to 128"),
        (PKCE, VERIFIER[:42] + "\u00e9", "43 to 128"),
        (PKCE, PKCE["code_challenge"], "does not match"),
        ({}, VERIFIER, "without code_challenge"),
    ],
)
@pytest.mark.parametrize("secret", [None, "the secret"])
async def test_a_verifier_that_does_not_fit_is_refused(
    snowflake: Snowflake,
    challenge: dict[str, str],
    verifier: str | None,
    description: str,
    secret: str | None,
) -> None:
    code = await code_for(snowflake.browser, **challenge)
    response = await redeem(snowflake.browser, code, code_verifier=verifier, client_secret=secret)
    assert response.status_code == 400
    assert refused_as(response, "invalid_grant", description)
    assert not snowflake.discord.calls


@pytest.mark.parametrize("secret", [None, "the secret"])
@pytest.mark.parametrize("verifier", [VERIFIER, "~._-" * 32])
async def test_a_verifier_that_fits_is_accepted(
    snowflake: Snowflake, secret: str | None, verifier: str
) -> None:
    challenge = {**PKCE, "code_challenge": challenge_of(verifier)}
    code = await code_for(snowflake.browser, **challenge)
    response = await redeem(snowflake.browser, code, code_verifier=verifier, client_secret=secret)
    assert response.status_code == 200
    sent = dict(httpx.QueryParams(snowflake.discord.token.calls.last.request.content.decode()))
    assert sent["code_verifier"] != verifier
    assert sent.get("client_secret") == secret


@pytest.mark.parametrize("secret", [None, ""])
async def test_a_public_client_must_use_pkce(snowflake: Snowflake, secret: str | None) -> None:
    code = await code_for(snowflake.browser)
    response = await redeem(snowflake.browser, code, client_secret=secret)
    assert response.status_code == 401
    assert refused_as(response, "invalid_client", "must use PKCE")
    assert not snowflake.discord.calls


@pytest.mark.parametrize(
    ("asked", "granted", "given"),
    [
        ("openid", "identify email guilds", set()),
        ("openid profile", "identify email guilds", {"profile"}),
        ("openid email groups", "identify email guilds", {"email", "groups"}),
        ("openid email groups", "identify email", {"email", "groups"}),
        ("openid email groups", "identify", {"groups"}),
        ("openid profile groups unknown", "identify guilds bot", {"profile", "groups"}),
    ],
)
async def test_there_are_claims_for_what_was_asked_for_and_granted(
    snowflake: Snowflake, asked: str, granted: str, given: set[str]
) -> None:
    snowflake.discord.grants(granted)
    answer = await sign_in(snowflake.browser, scope=asked)
    assert set(answer["scope"].split()) == {"openid", *given}
    claims = read_token(snowflake, answer["id_token"])
    expected = {"sub"}.union(*(PERSON_CLAIMS[scope] for scope in given))
    everything = {"sub"}.union(*PERSON_CLAIMS.values())
    assert set(claims) & everything == expected


@pytest.mark.parametrize("granted", ["", "email guilds"])
async def test_without_the_persons_id_there_are_no_tokens(
    snowflake: Snowflake, granted: str
) -> None:
    snowflake.discord.grants(granted)
    response = await redeem(snowflake.browser, await code_for(snowflake.browser))
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("include", "email", "verified", "claims"),
    [
        (False, "nelly@example.com", True, {"email": "nelly@example.com", "email_verified": True}),
        (False, "nelly@example.com", False, {}),
        (True, "nelly@example.com", False, {"email": "nelly@example.com", "email_verified": False}),
        (True, "nelly@example.com", True, {"email": "nelly@example.com", "email_verified": True}),
        (True, None, False, {}),
        (False, None, True, {}),
    ],
)
async def test_an_unverified_address_is_left_out_unless_configured_in(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    *,
    include: bool,
    email: str | None,
    verified: bool,
    claims: Json,
) -> None:
    configured = settings.model_copy(update={"include_unverified_email": include})
    discord.knows(email=email, verified=verified)
    async with running(configured, clock, discord) as snowflake:
        answer = await sign_in(snowflake.browser)
        told = read_token(snowflake, answer["id_token"])
    assert {name: told[name] for name in PERSON_CLAIMS["email"] & set(told)} == claims


async def test_guilds_are_asked_for_only_if_they_are_wanted(snowflake: Snowflake) -> None:
    await sign_in(snowflake.browser, scope="openid profile email")
    assert snowflake.discord.token.call_count == snowflake.discord.user.call_count == 1
    assert not snowflake.discord.guilds.called


async def test_person_and_guilds_are_asked_for_side_by_side(snowflake: Snowflake) -> None:
    both = asyncio.Barrier(2)

    async def user(_: httpx.Request) -> httpx.Response:
        await both.wait()
        return httpx.Response(200, json=dict(USER))

    async def guilds(_: httpx.Request) -> httpx.Response:
        await both.wait()
        return httpx.Response(200, json=GUILDS)

    snowflake.discord.user.mock(side_effect=user)
    snowflake.discord.guilds.mock(side_effect=guilds)
    assert await sign_in(snowflake.browser)
    assert len(snowflake.discord.calls) == 3


async def test_each_client_gets_tokens_of_its_own(snowflake: Snowflake) -> None:
    for client_id in (CLIENT_ID, "81384788765712384"):
        code = await code_for(snowflake.browser, client_id=client_id)
        answer = (await redeem(snowflake.browser, code, client_id=client_id)).json()
        assert read_token(snowflake, answer["id_token"])["aud"] == client_id
