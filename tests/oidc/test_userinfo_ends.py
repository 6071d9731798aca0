"""Who is told nothing by UserInfo any more, and whose grant ends with that."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

import httpx
import pytest
from pydantic import SecretStr

from snowflake.protocol.pkce import challenge_of
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from tests.login import code_for, query_of, redeem, sign_in
from tests.oidc.test_registered_clients import CONFIDENTIAL, registering, sign_in_registered
from tests.oidc.userinfo import (
    FRESH,
    PERSON,
    REFUSED,
    UNUSABLE,
    WEEK,
    ask,
    claims,
    error_of,
    lives,
    refresh,
)
from tests.running import GUILDS, TOKENS, USER, Clock, Discord, Snowflake, running

VERIFIER: Final = "a-verifier-of-forty-three-characters-or-more"


GATED: Final = AccessTable.model_validate({"any_guild": [GUILDS[0]["id"]]})


async def test_who_no_longer_passes_a_gate_loses_the_grant(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with running(
        registering(settings, CONFIDENTIAL, access=GATED), clock, discord
    ) as snowflake:
        tokens = await sign_in_registered(snowflake)
        discord.guilds.respond(json=[])
        clock.pass_by(FRESH)
        refused = await ask(snowflake, tokens)
        assert error_of(refused) == (401, "invalid_token")
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        assert not await lives(snowflake)


async def test_who_has_removed_the_application_loses_the_grant(registered: Snowflake) -> None:
    tokens = await sign_in_registered(registered)
    registered.clock.pass_by(FRESH)
    registered.discord.user.mock(return_value=REFUSED)
    registered.discord.guilds.mock(return_value=REFUSED)
    registered.discord.token.respond(400, json={"error": "invalid_grant"})
    assert error_of(await ask(registered, tokens)) == (401, "invalid_token")
    assert not await lives(registered)


async def test_old_claims_do_not_serve_somebody_whose_token_discord_refuses(
    registered: Snowflake,
) -> None:
    tokens = await sign_in_registered(registered)
    registered.clock.pass_by(FRESH)
    registered.discord.user.mock(return_value=REFUSED)
    registered.discord.token.mock(return_value=UNUSABLE)
    shown = registered.discord.user.call_count + 1
    for _ in range(3):
        assert error_of(await ask(registered, tokens)) == (503, "temporarily_unavailable")
    assert await lives(registered)
    # It is shown once, to this process or to any: each refusal brings a ban nearer.
    assert registered.discord.user.call_count == shown
    registered.discord.token.respond(json={**TOKENS, "access_token": "renewed"})
    registered.discord.user.mock(return_value=httpx.Response(200, json=dict(USER)))
    await claims(registered, tokens)


async def test_discords_tokens_are_renewed_with_our_own_application(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    long = registering(settings, CONFIDENTIAL, token_lifetime=timedelta(days=30))
    async with running(long, clock, discord) as snowflake:
        tokens = await sign_in_registered(snowflake)
        clock.pass_by(WEEK + 1)
        discord.token.respond(json={**TOKENS, "access_token": "renewed"})
        await claims(snowflake, tokens)
        sent = query_of(f"?{discord.token.calls.last.request.content.decode()}")
        assert sent["grant_type"] == "refresh_token"
        asked = discord.user.calls.last.request
        assert asked.headers["authorization"] == "Bearer renewed"


@pytest.fixture
async def long_lived(
    settings: Settings, clock: Clock, discord: Discord
) -> AsyncIterator[Snowflake]:
    """Access tokens that outlive Discord's."""
    longer = settings.model_copy(update={"token_lifetime": timedelta(days=30)})
    async with running(longer, clock, discord) as snowflake:
        yield snowflake


async def test_without_a_secret_discords_token_serves_to_its_end(long_lived: Snowflake) -> None:
    tokens = await sign_in(long_lived.browser)
    long_lived.clock.pass_by(WEEK - 1)
    await claims(long_lived, tokens)
    assert long_lived.discord.token.call_count == 1
    long_lived.clock.pass_by(FRESH)
    asked = len(long_lived.discord.calls)
    ended = await ask(long_lived, tokens)
    assert error_of(ended) == (401, "invalid_token")
    assert "refresh" in ended.json()["error_description"]
    assert len(long_lived.discord.calls) == asked
    # The application has the secret, and nothing is lost.
    assert (await refresh(long_lived, tokens)).status_code == 200
    await claims(long_lived, tokens)


async def test_without_a_secret_a_token_that_discord_refuses_is_shown_once(
    snowflake: Snowflake,
) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.clock.pass_by(FRESH)
    snowflake.discord.user.mock(return_value=REFUSED)
    snowflake.discord.guilds.mock(return_value=REFUSED)
    asked = len(snowflake.discord.calls)
    for _ in range(3):
        assert error_of(await ask(snowflake, tokens)) == (401, "invalid_token")
    assert len(snowflake.discord.calls) == asked + 2
    assert await lives(snowflake)
    snowflake.discord.token.respond(400, json={"error": "invalid_grant"})
    assert error_of(await refresh(snowflake, tokens)) == (400, "invalid_grant")
    assert not await lives(snowflake)


async def test_a_public_client_needs_no_secret_to_renew_discords_token(
    long_lived: Snowflake,
) -> None:
    pkce = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    code = await code_for(long_lived.browser, **pkce)
    public = {"client_secret": None, "code_verifier": VERIFIER}
    tokens = (await redeem(long_lived.browser, code, **public)).json()
    long_lived.clock.pass_by(WEEK)
    await claims(long_lived, tokens)
    assert long_lived.discord.token.call_count == 2


@pytest.mark.parametrize(("days", "renewed"), [(1, False), (2, True), (30, False)])
async def test_a_refresh_leaves_a_token_of_discord_that_outlives_the_access_token(
    settings: Settings, clock: Clock, discord: Discord, days: int, renewed: bool
) -> None:
    lifetime = settings.model_copy(update={"token_lifetime": timedelta(days=days)})
    async with running(lifetime, clock, discord) as snowflake:
        tokens = await sign_in(snowflake.browser)
        # Discord's has two days left to live but for a second; or nearly all of its week.
        clock.pass_by(1 if days > 7 else WEEK - 2 * 86_400 + 1)
        assert (await refresh(snowflake, tokens)).status_code == 200
        assert (discord.token.call_count == 2) is renewed


async def test_a_client_that_is_public_no_more_has_to_refresh_which_says_why(
    snowflake: Snowflake, clock: Clock, discord: Discord
) -> None:
    challenge = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    code = await code_for(snowflake.browser, **challenge)
    public = {"client_secret": None, "code_verifier": VERIFIER}
    tokens = (await redeem(snowflake.browser, code, **public)).json()
    discord.user.return_value = REFUSED
    discord.token.respond(401, json={"error": "invalid_client"})
    clock.pass_by(FRESH)
    shown = discord.user.call_count + 1
    for _ in range(3):
        refused = await ask(snowflake, tokens)
        assert error_of(refused) == (401, "invalid_token")
        assert refused.headers["www-authenticate"].startswith("Bearer ")
    assert discord.user.call_count == shown
    assert await lives(snowflake)


async def test_without_a_secret_a_token_that_another_request_has_renewed_serves(
    snowflake: Snowflake, discord: Discord
) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.clock.pass_by(FRESH)
    rows = snowflake.state.store.discord_tokens

    async def renewed_meanwhile(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer renewed":
            return httpx.Response(200, json=dict(USER))
        [pair] = await rows.of_person(PERSON)
        assert await rows.replace(replace(pair, access_token=SecretStr("renewed")))
        return REFUSED

    discord.user.mock(side_effect=renewed_meanwhile)
    await claims(snowflake, tokens)
    assert discord.user.call_count == 3


async def test_a_client_that_may_come_no_more_is_told_nothing_more(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake.browser)
    narrowed = snowflake.settings.model_copy(update={"allowed_clients": ("1",)})
    snowflake.state.use(narrowed)
    assert error_of(await ask(snowflake, tokens)) == (401, "invalid_token")
