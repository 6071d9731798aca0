"""However a session ends before its time, the clients that took part hear of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from snowflake.settings import Settings
from tests.login import code_for, read_token
from tests.oidc.backchannel_logout.telling import PERSON, TOLD_GRAFANA, TOLD_WIKI, Told, read
from tests.oidc.signed_in import AS_GRAFANA, AS_WIKI, enter, keeping_sessions, refused, tokens_for
from tests.running import Clock, Discord, Snowflake

#: Seconds in which a machine under load has told.
PATIENCE = 10


@pytest.fixture
async def snowflake(
    settings: Settings, clock: Clock, discord: Discord, clients: Told
) -> AsyncIterator[Snowflake]:
    """Run one whose two clients hear of logouts."""
    async with keeping_sessions(settings, clock, discord, TOLD_GRAFANA, TOLD_WIKI) as running:
        yield running


async def signed_in(snowflake: Snowflake) -> set[object]:
    """Sign somebody in to both, and answer the names by which they know the session."""
    code = await code_for(snowflake.browser, **AS_GRAFANA)
    tokens = [
        await tokens_for(snowflake.browser, AS_GRAFANA, code),
        await enter(snowflake.browser, AS_WIKI),
    ]
    return {read_token(snowflake, each["id_token"])["sid"] for each in tokens}


async def told(snowflake: Snowflake, clients: Told) -> set[object]:
    """Wait until both have heard, and answer of which sessions."""
    async with asyncio.timeout(PATIENCE):
        tokens = [(await clients.tokens.get())[1] for _ in range(2)]
    return {read(snowflake.state, token)[1]["sid"] for token in tokens}


async def test_another_persons_login_in_the_same_browser(
    snowflake: Snowflake, clients: Told
) -> None:
    sids = await signed_in(snowflake)
    snowflake.discord.knows(id="80351110224678913")
    await code_for(snowflake.browser, **AS_GRAFANA, prompt="select_account")
    assert await told(snowflake, clients) == sids


async def test_a_purge(snowflake: Snowflake, clients: Told) -> None:
    sids = await signed_in(snowflake)
    await snowflake.state.logout.erase(PERSON)
    assert await told(snowflake, clients) == sids


async def test_discords_tokens_that_are_gone_for_good(
    snowflake: Snowflake, clients: Told, clock: Clock
) -> None:
    sids = await signed_in(snowflake)
    clock.pass_by(61)
    snowflake.discord.user.respond(401)
    snowflake.discord.token.respond(400, json={"error": "invalid_grant"})
    assert await refused(snowflake.browser, AS_WIKI) == "login_required"
    assert await told(snowflake, clients) == sids


async def test_an_end_by_age_is_no_logout(
    snowflake: Snowflake, clients: Told, clock: Clock
) -> None:
    await signed_in(snowflake)
    clock.pass_by(12 * 3600)
    await snowflake.state.store.housekeeping.delete_expired()
    await code_for(snowflake.browser, **AS_GRAFANA)
    assert await snowflake.state.store.logout_deliveries.count() == 0
    assert clients.heard == []
