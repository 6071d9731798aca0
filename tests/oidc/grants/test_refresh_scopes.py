"""What a refresh that names scopes gets: what it got at the login, or less, and never more."""

from collections.abc import AsyncIterator

import pytest

from snowflake.settings import Settings
from tests.login import CLIENT_ID, CLIENT_SECRET, Json, read_token, sign_in
from tests.oidc import test_registered_clients as registered_clients
from tests.oidc.test_registered_clients import CONFIDENTIAL, registering, sign_in_registered
from tests.running import Clock, Discord, Snowflake, running


async def refresh(
    snowflake: Snowflake, tokens: Json, scope: str, client: tuple[str, str]
) -> tuple[int, Json]:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "scope": scope,
        "client_id": client[0],
        "client_secret": client[1],
    }
    response = await snowflake.browser.post("/token", data=form)
    return response.status_code, response.json()


DISCORDS = (CLIENT_ID, CLIENT_SECRET)
OWN = (registered_clients.CLIENT_ID, registered_clients.CLIENT_SECRET)


@pytest.mark.parametrize(
    ("asked", "granted", "repeated", "given"),
    [
        ("openid email unheard-of", "identify email", "openid email unheard-of", "openid email"),
        ("openid email", "identify", "openid email", "openid"),
        ("openid groups", "identify", "openid groups", "openid groups"),
        ("openid email", "identify email", "openid email offline_access", "openid email"),
        (
            "openid offline_access email",
            "identify email",
            "openid email offline_access",
            "openid email offline_access",
        ),
        ("openid email", "identify email", "email", "openid email"),
        ("openid email", "identify email", "unheard-of", "openid"),
    ],
)
async def test_the_scope_of_the_authorization_request_may_be_repeated(
    snowflake: Snowflake, asked: str, granted: str, repeated: str, given: str
) -> None:
    snowflake.discord.grants(granted)
    tokens = await sign_in(snowflake.browser, scope=asked)
    status, answer = await refresh(snowflake, tokens, repeated, DISCORDS)
    assert (status, answer["scope"]) == (200, given)


@pytest.mark.parametrize("scope", ["openid profile", "profile", "openid email groups"])
async def test_what_was_not_asked_for_at_the_login_is_too_much(
    snowflake: Snowflake, scope: str
) -> None:
    tokens = await sign_in(snowflake.browser, scope="openid email")
    status, answer = await refresh(snowflake, tokens, scope, DISCORDS)
    assert (status, answer["error"]) == (400, "invalid_scope")


async def test_what_discord_did_not_grant_at_the_login_is_not_given_when_another_brings_it(
    snowflake: Snowflake,
) -> None:
    snowflake.discord.grants("identify")
    tokens = await sign_in(snowflake.browser)
    snowflake.discord.grants("identify email guilds")
    await sign_in(snowflake.browser)
    _, answer = await refresh(snowflake, tokens, "openid profile email groups", DISCORDS)
    assert answer["scope"] == "openid profile groups"
    claims = read_token(snowflake, answer["id_token"])
    assert claims["groups"] == []
    assert "email" not in claims


@pytest.fixture
async def narrow(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    client = CONFIDENTIAL.model_copy(update={"scopes": ("profile", "groups")})
    async with running(registering(settings, client), clock, discord) as snowflake:
        yield snowflake


async def test_what_the_client_may_not_have_is_left_out_again(narrow: Snowflake) -> None:
    tokens = await sign_in_registered(narrow)
    assert tokens["scope"] == "openid profile groups"
    for scope in ("openid profile email groups", "openid profile email discord groups"):
        status, tokens = await refresh(narrow, tokens, scope, OWN)
        assert (status, tokens["scope"]) == (200, "openid profile groups")
