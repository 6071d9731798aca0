"""Whatever is issued is taken, by every endpoint, however much there is to say of a person."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from snowflake.crypto.algorithms import RS256
from snowflake.crypto.keys import MAX_KID, MAX_TOKEN, SigningKey
from snowflake.oidc.tokens.access_token import ROOM
from snowflake.oidc.tokens.reading import MAX_ACCESS_TOKEN
from snowflake.settings import Settings
from snowflake.settings.tables.groups import GroupsTable
from tests.login import Json, ask, code_for, query_of, sign_in
from tests.oidc.test_registered_clients import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONFIDENTIAL,
    registering,
    with_secret,
)
from tests.running import DISCORD_API, USER, Clock, Discord, Snowflake, running

GOODBYE: Final = "https://app.example.com/goodbye"
CLIENT: Final = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
SCOPE: Final = "openid profile email groups discord offline_access"
EVERYTHING: Final = {"name", "email", "groups", "discord"}

text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=100)
guilds = st.integers(0, 200)  # Discord allows no more.


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    """Groups of as many characters as can be."""
    discord.router.post(f"{DISCORD_API}/oauth2/token/revoke").respond(200)
    table = GroupsTable(shape="object", maximum=1000, guild_name="{guild} " * 5)
    configured = registering(settings, CONFIDENTIAL, groups=table)
    async with running(configured, clock, discord) as snowflake:
        yield snowflake


def is_in(discord: Discord, number: int, name: str) -> None:
    named = [{"id": str(10**18 + n), "name": f"{n} {name}"} for n in range(number)]
    discord.guilds.respond(json=named)


async def login(snowflake: Snowflake) -> Json:
    code = await code_for(snowflake.browser, client_id=CLIENT_ID, scope=SCOPE)
    answer = await with_secret(snowflake.browser, code)
    assert answer.status_code == 200, answer.text
    tokens: Json = answer.json()
    return tokens


async def read(snowflake: Snowflake, token: str, typ: str = "JWT") -> Json:
    """Read a token of whatever length, which not every library does."""
    return await snowflake.state.keys.verify(token, typ)


async def check_all_take(snowflake: Snowflake, tokens: Json) -> None:
    """Bring what was issued to every endpoint that takes anything of the kind."""
    browser, access_token = snowflake.browser, tokens["access_token"]
    assert len(access_token) <= ROOM
    headers = {"authorization": f"Bearer {access_token}"}
    in_header = await browser.get("/userinfo", headers=headers)
    in_form = await browser.post("/userinfo", data={"access_token": access_token})
    assert in_header.status_code == in_form.status_code == 200
    told = in_header.json()
    of_id_token = await read(snowflake, tokens["id_token"])
    assert told.items() <= of_id_token.items()
    for kind, active in {"access_token": True, "refresh_token": True, "id_token": False}.items():
        answer = await browser.post("/introspect", data={**CLIENT, "token": tokens[kind]})
        assert (answer.status_code, answer.json()["active"]) == (200, active)
    hint = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": GOODBYE}
    answer = await browser.post("/logout", data=hint)
    assert (answer.status_code, answer.headers["location"]) == (302, GOODBYE)
    request = {
        "client_id": CLIENT_ID,
        "redirect_uri": "https://app.example.com/callback",
        "response_type": "code",
        "scope": "openid",
        "id_token_hint": tokens["id_token"],
    }
    answer = await browser.post("/authorize", data=request)
    assert "error" not in query_of(answer.headers["location"])
    form = {**CLIENT, "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await browser.post("/token", data=form)).status_code == 200
    for kind in ("id_token", "access_token"):
        answer = await browser.post("/revoke", data={**CLIENT, "token": tokens[kind]})
        assert answer.status_code == 200
    assert (await browser.get("/userinfo", headers=headers)).status_code == 401


@examples(max_examples=12)
@given(number=guilds, guild=text, name=text.filter(bool), email=text)
async def test_every_endpoint_takes_what_was_issued(
    snowflake: Snowflake, number: int, guild: str, name: str, email: str
) -> None:
    is_in(snowflake.discord, number, guild)
    snowflake.discord.knows(global_name=name, email=email or None)
    await check_all_take(snowflake, await login(snowflake))


async def test_the_longest_names_of_a_thousand_guilds_are_taken_too(snowflake: Snowflake) -> None:
    is_in(snowflake.discord, 1000, "x" * 130)
    tokens = await login(snowflake)
    assert len(tokens["id_token"]) > MAX_TOKEN / 2
    await check_all_take(snowflake, tokens)


async def test_who_is_called_by_a_whole_book_can_sign_in_too(snowflake: Snowflake) -> None:
    # Discord allows no such names; nothing breaks where it does.
    snowflake.discord.knows(global_name="x" * (MAX_TOKEN // 2))
    tokens = await login(snowflake)
    assert "discord" not in await read(snowflake, tokens["id_token"])
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    assert "name" in (await snowflake.browser.get("/userinfo", headers=headers)).json()


@pytest.mark.parametrize(
    ("number", "name", "left"),
    [
        (10, "", EVERYTHING),
        (26, "", {"name", "email", "groups"}),
        (100, "", {"name", "email"}),
        (0, "x" * 1000, {"name", "email", "groups"}),
        (0, "x" * 3000, {"email"}),
        (0, "x" * 100_000, {"email"}),
    ],
)
async def test_what_is_wanted_least_is_left_out_first(
    snowflake: Snowflake, number: int, name: str, left: set[str]
) -> None:
    is_in(snowflake.discord, number, "Birds")
    snowflake.discord.knows(global_name=name or None)
    tokens = await login(snowflake)
    assert len(tokens["access_token"]) <= ROOM
    assert (await read(snowflake, tokens["access_token"], "at+jwt")).keys() & EVERYTHING == left
    assert (await read(snowflake, tokens["id_token"])).keys() >= EVERYTHING


async def test_an_address_may_be_too_long_as_well(snowflake: Snowflake) -> None:
    snowflake.discord.knows(email="x" * 4000)
    claims = await read(snowflake, (await login(snowflake))["access_token"], "at+jwt")
    assert claims.keys().isdisjoint(EVERYTHING)
    assert claims["sub"] == USER["id"]


async def test_access_tokens_may_hold_no_claims_at_all(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    none = settings.model_copy(update={"access_token_claims": "none"})
    async with running(none, clock, discord) as snowflake:
        tokens = await sign_in(snowflake.browser)
        claims = await read(snowflake, tokens["access_token"], "at+jwt")
        of_the_token = {"iss", "aud", "iat", "exp", "client_id", "scope", "grant", "jti"}
        assert claims.keys() == {*of_the_token, "sub"}
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await snowflake.browser.get("/userinfo", headers=headers)).json()["groups"]
        assert "groups" in (await read(snowflake, tokens["id_token"]))


@pytest.mark.parametrize("bits", [2048, 3080])
@pytest.mark.parametrize("claims", [{}, {"a": 'é\U0001f989"\\\n', "b": [1, {"c": None}]}])
def test_the_length_of_a_token_is_known_before_it_is_signed(
    bits: int, claims: dict[str, Any]
) -> None:
    key = SigningKey(RSAKey.generate_key(bits, private=True), RS256)
    for typ in ("JWT", "at+jwt"):
        token = key.sign(claims, typ)
        assert key.sign_within(len(token), claims, typ) == token
        assert key.sign_within(len(token) - 1, claims, typ) is None


async def test_the_largest_key_of_the_longest_name_signs_what_is_read(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    # As large as can be made while a test waits, and larger than libraries read if not told to.
    key = RSAKey.generate_key(6272, {"kid": "ü" * MAX_KID}, private=True)
    jwk = SecretStr(json.dumps(key.as_dict(private=True)))
    path = "/" + "p" * 1000
    large = registering(
        settings,
        CONFIDENTIAL,
        private_key=jwk,
        issuer="https://snowflake.example.com" + path,
        base_path=path,
    )
    async with running(large, clock, discord) as snowflake:
        tokens = await login(snowflake)
        assert ROOM < len(tokens["access_token"]) < MAX_ACCESS_TOKEN / 2 * 3
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await snowflake.browser.get("/userinfo", headers=headers)).status_code == 200
        hint = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": GOODBYE}
        assert (await snowflake.browser.post("/logout", data=hint)).status_code == 302


async def test_the_largest_request_comes_back_from_discord_and_is_redeemed(
    snowflake: Snowflake,
) -> None:
    state, nonce = "\U0001f989" * 4096, "\U0001f989" * 1024
    uri = "https://pr-12.preview.example.com/callback"
    request = {"redirect_uri": uri, "client_id": CLIENT_ID, "nonce": nonce}
    response = await ask(snowflake.browser, **request, state="s" * 4096)
    assert response.status_code == 302
    # A browser may send it as it is, which is shorter than escaped.
    form = "&".join(
        f"{name}={value}"
        for name, value in {
            **request,
            "state": state,
            "response_type": "code",
            "scope": "openid",
        }.items()
    )
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = await snowflake.browser.post("/authorize", content=form.encode(), headers=headers)
    sent = query_of(response.headers["location"])
    back = {"code": "c" * 512, "state": sent["state"]}
    response = await snowflake.browser.get("/callback", params=back)
    answer = query_of(response.headers["location"])
    assert answer["state"] == state
    redeemed = await with_secret(snowflake.browser, answer["code"], redirect_uri=uri)
    assert redeemed.status_code == 200
    assert (await read(snowflake, redeemed.json()["id_token"]))["nonce"] == nonce
