import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.oidc.authorize import PROMPTS
from snowflake.settings import Settings
from tests.login import (
    APPLICATION,
    AUTHORIZATION_REQUEST,
    CLIENT_ID,
    ask,
    changed,
    code_for,
    depart,
    login,
    query_of,
)
from tests.running import ORIGIN, Clock, Discord, Snowflake, running

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
FORM = "application/x-www-form-urlencoded"


async def test_discord_is_sent_what_it_needs_and_nothing_else(snowflake: Snowflake) -> None:
    departure = await depart(
        snowflake.browser,
        nonce="n-0S6_WzA2Mj",
        code_challenge=CHALLENGE,
        code_challenge_method="S256",
        login_hint="nelly@example.com",
    )
    sent = query_of(departure.location)
    assert departure.location.startswith("https://discord.com/oauth2/authorize?")
    assert set(sent) == {
        *("client_id", "redirect_uri", "response_type", "scope", "state", "prompt"),
        *("code_challenge", "code_challenge_method"),
    }
    assert sent["client_id"] == CLIENT_ID
    assert sent["redirect_uri"] == f"{ORIGIN}/r/{APPLICATION}"
    assert sent["response_type"] == "code"
    assert sent["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", sent["code_challenge"])
    assert sent["code_challenge"] != CHALLENGE


async def test_nothing_of_the_application_can_be_read_from_the_note(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser, state="STATE-STATE", nonce="NONCE-NONCE")
    assert "STATE" not in departure.location
    assert "NONCE" not in departure.location


async def test_a_request_may_come_as_a_form(snowflake: Snowflake) -> None:
    response = await snowflake.browser.post("/authorize", data=dict(AUTHORIZATION_REQUEST))
    assert response.status_code == 302
    assert response.headers["location"].startswith("https://discord.com/oauth2/authorize?")


@pytest.mark.parametrize(
    ("scope", "discord"),
    [
        ("openid", "identify"),
        ("openid profile", "identify"),
        ("openid email", "email identify"),
        ("groups openid", "guilds identify"),
        ("openid profile email groups", "email guilds identify"),
        ("openid offline_access address  unknown:scope", "identify"),
        ("openid openid", "identify"),
    ],
)
async def test_discord_is_asked_for_what_the_scopes_need(
    snowflake: Snowflake, scope: str, discord: str
) -> None:
    departure = await depart(snowflake.browser, scope=scope)
    assert query_of(departure.location)["scope"] == discord


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        (None, "none"),
        ("none", "none"),
        ("login", "consent"),
        ("consent", "consent"),
        ("select_account", "consent"),
        ("consent login", "consent"),
    ],
)
async def test_a_prompt_becomes_one_that_discord_knows(
    snowflake: Snowflake, prompt: str | None, sent: str
) -> None:
    departure = await depart(snowflake.browser, prompt=prompt)
    assert query_of(departure.location)["prompt"] == sent


@pytest.mark.parametrize("prompt", PROMPTS)
async def test_every_prompt_of_the_table_works(snowflake: Snowflake, prompt: str) -> None:
    assert await code_for(snowflake.browser, prompt=prompt)


async def test_parameters_of_others_are_ignored(snowflake: Snowflake) -> None:
    others = {
        "claims": '{"id_token": {"email": null}}',
        "display": "popup",
        "ui_locales": "de en",
        "login_hint": "\u0001",
        "acr_values": "2",
        "access_type": "offline",
        "max_age": "0",
        "id_token_hint": "x",
        "hd": "example.com",
        "resource": "https://api.example.com",
    }
    assert (await ask(snowflake.browser, **others)).status_code == 302


async def test_a_parameter_of_others_may_even_be_repeated(snowflake: Snowflake) -> None:
    query = urlencode([*AUTHORIZATION_REQUEST.items(), ("hd", "a"), ("hd", "b")])
    assert (await snowflake.browser.get(f"/authorize?{query}")).status_code == 302


@pytest.mark.parametrize(
    ("changes", "explanation"),
    [
        ({"client_id": None}, "client_id is missing"),
        ({"client_id": ""}, "client_id is missing"),
        ({"client_id": "a b"}, "client_id holds characters"),
        ({"client_id": "\u00e9"}, "client_id holds characters"),
        ({"client_id": "1" * 257}, "client_id is longer than 256 characters"),
        ({"redirect_uri": None}, "redirect_uri is missing"),
        ({"redirect_uri": ""}, "redirect_uri is missing"),
        ({"redirect_uri": APPLICATION + "a" * 2048}, "redirect_uri is longer than 2048 characters"),
        ({"scope": None}, "scope is missing"),
        ({"scope": ""}, "scope is missing"),
        ({"scope": "profile email"}, "scope must contain openid"),
        ({"scope": "OpenID"}, "scope must contain openid"),
        ({"scope": "openid " + "a" * 2048}, "scope is longer than 2048 characters"),
        ({"response_type": None}, "response_type is missing"),
        ({"response_type": ""}, "response_type is missing"),
        ({"response_type": "token"}, "response_type must be code"),
        ({"response_type": "code id_token"}, "response_type must be code"),
        ({"response_type": "CODE"}, "response_type must be code"),
        ({"response_mode": "fragment"}, "response_mode must be query"),
        ({"response_mode": "form_post"}, "response_mode must be query"),
        ({"state": "a" * 4097}, "state is longer than 4096 characters"),
        ({"nonce": "a" * 1025}, "nonce is longer than 1024 characters"),
        ({"prompt": "maybe"}, "prompt must be one of"),
        ({"prompt": " "}, "prompt must be one of"),
        ({"prompt": "none login"}, "prompt none does not go with others"),
        ({"request": "eyJ0"}, "request objects are not supported"),
        ({"request_uri": "https://app.example.com/r"}, "request_uri is not supported"),
        ({"registration": "{}"}, "registration is not supported"),
        (
            {"code_challenge_method": "S256"},
            "code_challenge_method was sent without code_challenge",
        ),
        ({"code_challenge": CHALLENGE}, "code_challenge_method must be S256"),
        (
            {"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
            "code_challenge_method must be S256",
        ),
        (
            {"code_challenge": CHALLENGE[1:], "code_challenge_method": "S256"},
            "code_challenge must be 43 base64url characters",
        ),
        (
            {"code_challenge": CHALLENGE[:-1] + "=", "code_challenge_method": "S256"},
            "code_challenge must be 43 base64url characters",
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_bad_request_ends_on_a_page_that_leads_nowhere(
    snowflake: Snowflake, method: str, changes: dict[str, str | None], explanation: str
) -> None:
    params = changed(AUTHORIZATION_REQUEST, changes)
    response = (
        await snowflake.browser.get("/authorize", params=params)
        if method == "GET"
        else await snowflake.browser.post("/authorize", data=params)
    )
    assert response.status_code == 400
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert explanation in response.text
    assert "location" not in response.headers
    assert "set-cookie" not in response.headers
    assert "href" not in response.text
    assert "app.example.com" not in response.text


@pytest.mark.parametrize("changes", [{"state": "a" * 4096}, {"nonce": "a" * 1024}, {"state": None}])
async def test_the_longest_that_is_allowed_works(
    snowflake: Snowflake, changes: dict[str, str | None]
) -> None:
    assert await code_for(snowflake.browser, **changes)


@pytest.mark.parametrize("character", ["a", "\u00e9", "/", "\U0001f511"])
async def test_whatever_state_is_accepted_comes_back(snowflake: Snowflake, character: str) -> None:
    # In a form that leaves them as they are, the longest state of each kind can be sent.
    params = urlencode(changed(AUTHORIZATION_REQUEST, {"state": None}))
    body = f"{params}&state={character * 4096}".encode()
    response = await snowflake.browser.post(
        "/authorize", content=body, headers={"content-type": FORM}
    )
    if response.status_code == 302:
        sent = query_of(response.headers["location"])
        answer = await snowflake.browser.get(
            sent["redirect_uri"], params={"code": "c", "state": sent["state"]}
        )
        assert answer.status_code == 302
        assert query_of(answer.headers["location"])["state"] == character * 4096


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", AUTHORIZATION_REQUEST)
async def test_a_parameter_may_not_be_repeated(
    snowflake: Snowflake, method: str, name: str
) -> None:
    pairs = urlencode([*AUTHORIZATION_REQUEST.items(), (name, AUTHORIZATION_REQUEST[name])])
    response = (
        await snowflake.browser.get(f"/authorize?{pairs}")
        if method == "GET"
        else await snowflake.browser.post(
            "/authorize", content=pairs, headers={"content-type": FORM}
        )
    )
    assert response.status_code == 400
    assert f"{name} was sent more than once" in response.text


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data", "text/plain", ""]
)
async def test_a_post_must_be_a_form(snowflake: Snowflake, content_type: str) -> None:
    response = await snowflake.browser.post(
        "/authorize",
        content=urlencode(AUTHORIZATION_REQUEST),
        headers={"content-type": content_type},
    )
    assert response.status_code == 400
    assert "the body must be a form" in response.text


async def test_a_client_that_is_not_allowed_is_told_to_the_person(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    limited = settings.model_copy(update={"allowed_clients": ("12345",)})
    async with running(limited, clock, discord) as snowflake:
        response = await ask(snowflake.browser)
        assert response.status_code == 400
        assert "may not sign people in here" in response.text
        assert (await ask(snowflake.browser, client_id="12345")).status_code == 302


states = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=60) | st.text(
    "= + / : % & ; # ? \u00e9", min_size=1, max_size=60
)


@given(states)
async def test_state_comes_back_byte_for_byte(snowflake: Snowflake, state: str) -> None:
    assert query_of(await login(snowflake.browser, state=state))["state"] == state


async def test_without_state_none_comes_back(snowflake: Snowflake) -> None:
    assert "state" not in query_of(await login(snowflake.browser, state=None))
    assert "state" not in query_of(await login(snowflake.browser, state=""))


async def test_a_session_of_one_person_is_never_mixed_with_anothers(snowflake: Snowflake) -> None:
    one = await depart(snowflake.browser)
    other = await depart(snowflake.another_browser())
    sent = [query_of(departure.location) for departure in (one, other)]
    assert sent[0]["state"] != sent[1]["state"]
    assert sent[0]["code_challenge"] != sent[1]["code_challenge"]
    assert replace(one, location="", state="") == replace(other, location="", state="")


@pytest.mark.parametrize("max_age", ["x", "-1", "1.5", "+1", "1e3", " 1", "\u0663", "9" * 19])
async def test_an_age_is_a_whole_number_from_0(snowflake: Snowflake, max_age: str) -> None:
    response = await ask(snowflake.browser, max_age=max_age)
    assert response.status_code == 400
    assert "max_age must be a whole number from 0" in response.text


@pytest.mark.parametrize("max_age", ["0", "3600"])
async def test_an_application_that_names_an_age_gets_no_silent_login(
    snowflake: Snowflake, max_age: str
) -> None:
    response = await ask(snowflake.browser, max_age=max_age)
    assert query_of(response.headers["location"])["prompt"] == "consent"
