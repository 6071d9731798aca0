"""Whoever is turned away loses what they have, and no more; its clients are yet to be told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import httpx
import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.store.session_ends import Which
from tests.login import code_for, query_of
from tests.oidc.backchannel_logout.telling import TOLD_GRAFANA, TOLD_WIKI
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    LASTING,
    WIKI,
    enter,
    is_alive,
    keeping_sessions,
    refresh,
    refused,
    to_be_told,
    to_both,
    tokens_for,
)
from tests.oidc.test_registered_clients import APPLICATION_ID
from tests.running import USER, Clock, Discord, Snowflake

PERSON: Final = str(USER["id"])
GATED_WIKI = TOLD_WIKI.model_copy(update={"access": AccessTable(two_factor=True)})


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    discord.knows(mfa_enabled=True)
    async with keeping_sessions(settings, clock, discord, TOLD_GRAFANA, GATED_WIKI) as running:
        yield running


async def come_to_account(browser: httpx.AsyncClient) -> None:
    """Sign in to the page for people, by way of Discord."""
    sent = query_of((await browser.get("/account")).headers["location"])
    back = {"code": "x", "state": sent["state"], "iss": "https://discord.com"}
    assert (await browser.get("/callback", params=back)).status_code == 302


async def test_a_gate_of_one_client_ends_what_that_client_has(
    snowflake: Snowflake, clock: Clock
) -> None:
    grafana, wiki = await to_both(snowflake)
    clock.pass_by(400)
    snowflake.discord.knows(mfa_enabled=False)
    assert (await refresh(snowflake.browser, AS_WIKI, wiki))["error"] == "invalid_grant"
    assert not await is_alive(snowflake.browser, wiki)
    assert await is_alive(snowflake.browser, grafana)
    assert await to_be_told(snowflake) == ["wiki"]
    assert await refused(snowflake.browser, AS_WIKI) == "access_denied"
    # The session goes on without it.
    assert await enter(snowflake.browser, AS_GRAFANA)


async def test_the_session_ends_when_none_of_its_clients_is_left(
    snowflake: Snowflake, clock: Clock
) -> None:
    code = await code_for(snowflake.browser, **AS_WIKI, scope=LASTING)
    wiki = await tokens_for(snowflake.browser, AS_WIKI, code)
    clock.pass_by(400)
    snowflake.discord.knows(mfa_enabled=False)
    assert not await is_alive(snowflake.browser, wiki)
    assert await refused(snowflake.browser, AS_GRAFANA) == "login_required"
    assert await to_be_told(snowflake) == ["wiki"]


async def test_the_page_for_people_alone_keeps_no_session(
    snowflake: Snowflake, clock: Clock
) -> None:
    await come_to_account(snowflake.browser)
    wiki = await enter(snowflake.browser, AS_WIKI, scope=LASTING)
    clock.pass_by(400)
    snowflake.discord.knows(mfa_enabled=False)
    assert not await is_alive(snowflake.browser, wiki)
    assert await snowflake.state.store.sessions.of_person(PERSON) == []


async def test_whoever_has_been_on_the_page_for_people_alone_stays_signed_in_to_it(
    snowflake: Snowflake,
) -> None:
    await come_to_account(snowflake.browser)
    snowflake.discord.knows(mfa_enabled=False)
    assert await refused(snowflake.browser, AS_WIKI) == "access_denied"
    assert (await snowflake.browser.get("/account")).status_code == 200


async def test_what_came_by_another_discord_application_is_none_of_this_one_s(
    snowflake: Snowflake,
) -> None:
    before = snowflake.another_browser()
    grafana = await tokens_for(before, AS_GRAFANA, await code_for(before, **AS_GRAFANA))
    other = snowflake.settings.model_copy(update={"discord_client_id": "1056005449054429000"})
    snowflake.state.use(other)
    code = await code_for(snowflake.browser, **AS_GRAFANA)
    await tokens_for(snowflake.browser, AS_GRAFANA, code)
    await snowflake.state.logout.leave(PERSON, "1056005449054429000", "grafana")
    assert await to_be_told(snowflake) == ["grafana"]
    [left] = await snowflake.state.store.sessions.of_person(PERSON)
    assert left.application == APPLICATION_ID
    assert await snowflake.state.store.sessions.participants(left) != []
    # The first one comes back.
    snowflake.state.use(snowflake.settings)
    assert await is_alive(before, grafana)


async def test_the_common_access_ends_the_session_at_once(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    discord.knows(mfa_enabled=True)
    access = AccessTable(two_factor=True)
    open_wiki = WIKI.model_copy(update={"access": AccessTable()})
    async with keeping_sessions(
        settings, clock, discord, TOLD_GRAFANA, open_wiki, access=access
    ) as snowflake:
        grafana, wiki = await to_both(snowflake)
        clock.pass_by(400)
        discord.knows(mfa_enabled=False)
        assert (await refresh(snowflake.browser, AS_GRAFANA, grafana))["error"] == "invalid_grant"
        assert await refused(snowflake.browser, AS_WIKI) == "login_required"
        assert not await is_alive(snowflake.browser, wiki)
        # What lasts without a session is the wiki's own matter, whose gate is open.
        assert "access_token" in await refresh(snowflake.browser, AS_WIKI, wiki)
        assert await to_be_told(snowflake) == ["grafana"]


async def test_a_login_that_is_refused_at_its_gate_ends_what_it_has(snowflake: Snowflake) -> None:
    _, wiki = await to_both(snowflake)
    snowflake.discord.knows(mfa_enabled=False)
    assert await refused(snowflake.browser, AS_WIKI) == "access_denied"
    assert not await is_alive(snowflake.browser, wiki)
    assert await to_be_told(snowflake) == ["wiki"]


async def test_when_discord_tells_nothing_any_more_the_session_ends(
    snowflake: Snowflake, clock: Clock
) -> None:
    grafana, _ = await to_both(snowflake)
    clock.pass_by(400)
    snowflake.discord.user.respond(401)
    snowflake.discord.token.respond(400, json={"error": "invalid_grant"})
    assert (await refresh(snowflake.browser, AS_GRAFANA, grafana))["error"] == "invalid_grant"
    assert await refused(snowflake.browser, AS_GRAFANA) == "login_required"
    assert await to_be_told(snowflake) == ["grafana", "wiki"]


async def test_whoever_is_erased_is_signed_out(snowflake: Snowflake) -> None:
    grafana, wiki = await to_both(snowflake)
    await snowflake.state.logout.erase(PERSON)
    assert await refused(snowflake.browser, AS_GRAFANA) == "login_required"
    assert not await is_alive(snowflake.browser, grafana)
    assert (await refresh(snowflake.browser, AS_WIKI, wiki))["error"] == "invalid_grant"
    assert await to_be_told(snowflake) == ["grafana", "wiki"]


async def test_with_offline_what_would_go_on_ends_too(snowflake: Snowflake, clock: Clock) -> None:
    grafana, wiki = await to_both(snowflake)
    # That session is over, and what lasts without it goes on.
    clock.pass_by(12 * 3600)
    application = snowflake.settings.discord_client_id
    which = Which(person=PERSON, application=application)
    assert await snowflake.state.logout.end(which, offline=True) == [PERSON]
    for client, tokens in ((AS_GRAFANA, grafana), (AS_WIKI, wiki)):
        answer = await refresh(snowflake.browser, client, tokens)
        assert answer["error"] == "invalid_grant"
    # It has ended by its age, which is no logout.
    assert await to_be_told(snowflake) == []


async def test_housekeeping_forgets_what_is_over(snowflake: Snowflake, clock: Clock) -> None:
    _, lasting = await to_both(snowflake)
    tokens = await enter(snowflake.browser, AS_WIKI, scope="openid")
    clock.pass_by(12 * 3600)
    await snowflake.state.store.housekeeping.delete_expired()
    kept = await snowflake.state.store.people.kept(PERSON)
    assert kept.sessions == []
    assert all(grant.offline for grant in kept.grants)
    assert "access_token" in await refresh(snowflake.browser, AS_WIKI, lasting)
    assert (await refresh(snowflake.browser, AS_WIKI, tokens))["error"] == "invalid_grant"


async def test_sessions_that_are_wanted_no_more_end_and_their_clients_are_told(
    settings: Settings, clock: Clock, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with keeping_sessions(settings, clock, discord, TOLD_GRAFANA, WIKI) as snowflake:
        grafana, lasting = await to_both(snowflake)
        short = await enter(snowflake.browser, AS_WIKI, scope="openid")
    monkeypatch.setattr("snowflake.state.state.ROUND_EVERY", 0.01)
    none = timedelta(0)
    async with keeping_sessions(
        settings, clock, discord, TOLD_GRAFANA, WIKI, session_lifetime=none
    ) as snowflake:
        while await snowflake.state.store.sessions.some(1):  # noqa: ASYNC110 - until it has come
            await asyncio.sleep(0.01)
        assert await to_be_told(snowflake) == ["grafana"]
        for tokens in (grafana, short):
            assert not await is_alive(snowflake.browser, tokens)
        assert (await refresh(snowflake.browser, AS_WIKI, short))["error"] == "invalid_grant"
        assert "access_token" in await refresh(snowflake.browser, AS_WIKI, lasting)
