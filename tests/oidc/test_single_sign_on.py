"""Single sign-on: one trip to Discord for all registered clients."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from snowflake.errors import TemporarilyUnavailable
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.store.session_ends import Which
from snowflake.store.sessions import Session
from tests.login import ask, code_for, come_back, depart, query_of, read_token, redeem
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    GRAFANA,
    WIKI,
    enter,
    keeping_sessions,
    refresh,
    refused,
    tokens_for,
)
from tests.oidc.test_registered_clients import APPLICATION_ID
from tests.running import USER, Clock, Discord, Snowflake

COOKIE = "__Host-snowflake-session"
OTHER = "80351110224678913"


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    """Run a Snowflake with two clients, of which somebody has signed in to one."""
    async with keeping_sessions(settings, clock, discord) as running:
        code = await code_for(running.browser, **AS_GRAFANA)
        await tokens_for(running.browser, AS_GRAFANA, code)
        yield running


async def test_the_second_client_costs_no_call_to_discord(snowflake: Snowflake) -> None:
    asked = len(snowflake.discord.calls)
    tokens = await enter(snowflake.browser, AS_WIKI)
    assert read_token(snowflake, tokens["id_token"])["sub"] == USER["id"]
    assert len(snowflake.discord.calls) == asked


async def test_a_login_by_session_reads_the_person_s_tokens_of_discord_once(
    snowflake: Snowflake,
) -> None:
    tokens = snowflake.state.store.discord_tokens
    with patch.object(tokens, "of", wraps=tokens.of) as read:
        await ask(snowflake.browser, **AS_WIKI)
    assert read.await_count == 1


async def test_what_discord_says_is_asked_anew_when_it_is_old(
    snowflake: Snowflake, clock: Clock
) -> None:
    clock.pass_by(61)
    snowflake.discord.knows(global_name="Nelly the Second")
    tokens = await enter(snowflake.browser, AS_WIKI)
    assert read_token(snowflake, tokens["id_token"])["name"] == "Nelly the Second"
    # And it serves the next one.
    asked = len(snowflake.discord.calls)
    tokens = await enter(snowflake.browser, AS_GRAFANA)
    assert read_token(snowflake, tokens["id_token"])["name"] == "Nelly the Second"
    assert len(snowflake.discord.calls) == asked


async def test_auth_time_is_that_of_the_session(snowflake: Snowflake, clock: Clock) -> None:
    signed_in = int(clock.now)
    clock.pass_by(3600)
    tokens = await enter(snowflake.browser, AS_WIKI)
    assert read_token(snowflake, tokens["id_token"])["auth_time"] == signed_in


async def test_each_client_has_a_sid_of_its_own_that_stays(
    snowflake: Snowflake, clock: Clock
) -> None:
    async def sid(client: object) -> object:
        assert isinstance(client, dict)
        tokens = await enter(snowflake.browser, client)
        return read_token(snowflake, tokens["id_token"])["sid"]

    wiki, grafana = await sid(dict(AS_WIKI)), await sid(dict(AS_GRAFANA))
    assert wiki != grafana
    clock.pass_by(100)
    assert await sid(dict(AS_WIKI)) == wiki
    # The same person signs in anew: a new identifier, the same session.
    before = snowflake.browser.cookies[COOKIE]
    code = await code_for(snowflake.browser, **AS_GRAFANA, prompt="login")
    again = await tokens_for(snowflake.browser, AS_GRAFANA, code)
    claims = read_token(snowflake, again["id_token"])
    assert (claims["sid"], claims["auth_time"]) == (grafana, int(clock.now))
    assert snowflake.browser.cookies[COOKIE] != before
    assert await sid(dict(AS_WIKI)) == wiki


async def test_an_identifier_of_before_a_login_is_worth_nothing_after_it(
    snowflake: Snowflake,
) -> None:
    old = snowflake.browser.cookies[COOKIE]
    await code_for(snowflake.browser, **AS_GRAFANA, prompt="login")
    thief = snowflake.another_browser()
    thief.cookies.set(COOKIE, old, domain="snowflake.example.com")
    assert await refused(thief, AS_WIKI) == "login_required"


async def test_another_person_in_the_same_browser_ends_the_session(
    snowflake: Snowflake,
) -> None:
    tokens = await enter(snowflake.browser, AS_WIKI)
    snowflake.discord.knows(id=OTHER)
    await code_for(snowflake.browser, **AS_GRAFANA, prompt="select_account")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await snowflake.browser.get("/userinfo", headers=headers)).status_code == 401
    tokens = await enter(snowflake.browser, AS_WIKI)
    assert read_token(snowflake, tokens["id_token"])["sub"] == OTHER


async def test_a_session_ends_by_time_and_with_it_its_tokens(
    snowflake: Snowflake, clock: Clock
) -> None:
    tokens = await enter(snowflake.browser, AS_WIKI)
    lasting = await enter(snowflake.browser, AS_WIKI, scope="openid offline_access")
    clock.pass_by(12 * 3600)
    # The cookie is gone too; that it came all the same changes nothing.
    assert await refused(snowflake.browser, AS_WIKI) == "login_required"
    for each in (tokens, lasting):
        headers = {"Authorization": f"Bearer {each['access_token']}"}
        assert (await snowflake.browser.get("/userinfo", headers=headers)).status_code == 401
    form = {
        "grant_type": "refresh_token",
        "client_id": "wiki",
        "client_secret": "the wiki's secret",
    }
    ended = await snowflake.browser.post(
        "/token", data={**form, "refresh_token": tokens["refresh_token"]}
    )
    assert ended.json()["error"] == "invalid_grant"
    goes_on = await snowflake.browser.post(
        "/token", data={**form, "refresh_token": lasting["refresh_token"]}
    )
    assert goes_on.status_code == 200
    fresh = goes_on.json()
    assert "sid" not in read_token(snowflake, fresh["id_token"])
    headers = {"Authorization": f"Bearer {fresh['access_token']}"}
    assert (await snowflake.browser.get("/userinfo", headers=headers)).status_code == 200


async def end_of(browser: httpx.AsyncClient, token: str) -> int:
    form = {"token": token, "client_id": "wiki", "client_secret": "the wiki's secret"}
    end: int = (await browser.post("/introspect", data=form)).json()["exp"]
    return end


async def test_no_token_is_told_to_live_longer_than_its_session(
    snowflake: Snowflake, clock: Clock
) -> None:
    ends = int(clock.now) + 12 * 3600
    clock.pass_by(12 * 3600 - 100)
    tokens = await enter(snowflake.browser, AS_WIKI)
    assert tokens["expires_in"] == 100
    lasting = await enter(snowflake.browser, AS_WIKI, scope="openid offline_access")
    assert await end_of(snowflake.browser, tokens["refresh_token"]) == ends
    assert await end_of(snowflake.browser, lasting["refresh_token"]) > ends


@pytest.mark.parametrize("lasts", [True, False])
async def test_a_session_that_ends_by_time_in_a_refresh_gives_no_token_that_has_ended(
    snowflake: Snowflake, clock: Clock, lasts: bool
) -> None:
    scope = "openid offline_access" if lasts else "openid"
    tokens = await enter(snowflake.browser, AS_WIKI, scope=scope)
    clock.pass_by(12 * 3600 - 2)

    def slow(_: httpx.Request) -> httpx.Response:
        clock.pass_by(4)
        return httpx.Response(200, json=USER)

    snowflake.discord.user.side_effect = slow
    answer = await refresh(snowflake.browser, AS_WIKI, tokens)
    if lasts:
        assert answer["expires_in"] == 3600
        assert "sid" not in read_token(snowflake, answer["id_token"])
    else:
        assert answer["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, None),
        ({"max_age": "10"}, None),
        ({"max_age": "9"}, "login_required"),
        ({"max_age": "0"}, "login_required"),
        ({"login_hint": str(USER["id"])}, None),
        ({"login_hint": OTHER}, "login_required"),
        ({"login_hint": "nelly"}, None),
        ({"login_hint": "@Nelly"}, None),
        ({"login_hint": "somebody.else"}, "login_required"),
        ({"login_hint": "NELLY@example.com"}, None),
        ({"login_hint": "other@example.com"}, "login_required"),
        ({"login_hint": "Somebody with a name"}, None),
        ({"id_token_hint": "x"}, "login_required"),
    ],
)
async def test_prompt_none_is_answered_honestly(
    snowflake: Snowflake, clock: Clock, changes: dict[str, str], error: str | None
) -> None:
    clock.pass_by(10)
    answer = await ask(snowflake.browser, **AS_WIKI, prompt="none", **changes)
    sent = query_of(answer.headers["location"])
    assert answer.headers["location"].startswith(AS_WIKI["redirect_uri"])
    assert sent.get("error") == error
    assert ("code" in sent) is (error is None)
    # Where a page may be shown, Discord is where the others go.
    answer = await ask(snowflake.browser, **AS_WIKI, **changes)
    to_discord = answer.headers["location"].startswith("https://discord.com/")
    assert to_discord is (error is not None and changes != {"id_token_hint": "x"})


async def test_prompt_none_without_a_session_shows_nobody_a_page(snowflake: Snowflake) -> None:
    stranger = snowflake.another_browser()
    assert await refused(stranger, AS_WIKI) == "login_required"


async def test_a_session_that_is_refused_for_a_hint_goes_to_a_page_of_discord(
    snowflake: Snowflake,
) -> None:
    answer = await ask(snowflake.browser, **AS_WIKI, login_hint=OTHER)
    assert query_of(answer.headers["location"])["prompt"] == "consent"


@pytest.mark.parametrize("hint", [OTHER, "@somebody.else", "other@example.com"])
async def test_a_login_that_ends_as_somebody_else_than_the_hint_gives_no_code(
    snowflake: Snowflake, hint: str
) -> None:
    departure = await depart(snowflake.browser, **AS_WIKI, login_hint=hint)
    answer = await come_back(snowflake.browser, departure)
    assert query_of(answer.headers["location"])["error"] == "login_required"


async def test_a_word_of_the_application_s_own_keeps_nobody_out(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser, **AS_WIKI, login_hint="somebody")
    answer = await come_back(snowflake.browser, departure)
    assert "code" in query_of(answer.headers["location"])


@pytest.mark.parametrize("prompt", ["login", "consent", "select_account"])
async def test_whoever_is_to_sign_in_anew_goes_to_discord(
    snowflake: Snowflake, prompt: str
) -> None:
    answer = await ask(snowflake.browser, **AS_WIKI, prompt=prompt)
    assert answer.headers["location"].startswith("https://discord.com/")
    assert query_of(answer.headers["location"])["prompt"] == "consent"


async def test_scopes_that_discord_has_not_granted_need_its_page(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    discord.grants("identify")
    async with keeping_sessions(settings, clock, discord) as snowflake:
        code = await code_for(snowflake.browser, **AS_GRAFANA, scope="openid")
        await tokens_for(snowflake.browser, AS_GRAFANA, code)
        asked = len(discord.calls)
        assert await refused(snowflake.browser, AS_WIKI) == "consent_required"
        await depart(snowflake.browser, **AS_WIKI)
        assert len(discord.calls) == asked
        assert await enter(snowflake.browser, AS_WIKI, scope="openid")


async def test_gates_are_looked_at_anew(settings: Settings, clock: Clock, discord: Discord) -> None:
    gated = WIKI.model_copy(update={"access": AccessTable(two_factor=True)})
    async with keeping_sessions(settings, clock, discord, GRAFANA, gated) as snowflake:
        discord.knows(mfa_enabled=True)
        await code_for(snowflake.browser, **AS_GRAFANA)
        discord.knows(mfa_enabled=False)
        assert await refused(snowflake.browser, AS_WIKI) == "access_denied"
        page = await ask(snowflake.browser, **AS_WIKI)
        assert page.status_code == 403
        assert "two-factor" in page.text.lower()
        discord.knows(mfa_enabled=True)
        assert await enter(snowflake.browser, AS_WIKI)


async def test_an_outage_ends_nothing(snowflake: Snowflake, clock: Clock) -> None:
    clock.pass_by(61)
    snowflake.discord.user.respond(502)
    assert await refused(snowflake.browser, AS_WIKI) == "temporarily_unavailable"
    page = await ask(snowflake.browser, **AS_WIKI)
    assert (page.status_code, page.headers["retry-after"]) == (503, page.headers["retry-after"])
    snowflake.discord.knows()
    clock.pass_by(60)
    assert await enter(snowflake.browser, AS_WIKI)


async def test_a_person_who_has_removed_the_application_has_no_session(
    snowflake: Snowflake, clock: Clock
) -> None:
    clock.pass_by(61)
    snowflake.discord.user.respond(401)
    snowflake.discord.token.respond(400, json={"error": "invalid_grant"})
    assert await refused(snowflake.browser, AS_WIKI) == "login_required"
    assert await snowflake.state.store.sessions.of_person(str(USER["id"])) == []


async def test_a_code_of_a_session_that_has_ended_is_worth_nothing(snowflake: Snowflake) -> None:
    answer = await ask(snowflake.browser, **AS_WIKI)
    code = query_of(answer.headers["location"])["code"]
    await snowflake.state.logout.end(Which(person=str(USER["id"])))
    answer = await redeem(snowflake.browser, code, **AS_WIKI, client_secret="the wiki's secret")
    assert answer.json()["error"] == "invalid_grant"


async def test_a_code_of_a_client_that_the_person_has_left_is_worth_nothing(
    snowflake: Snowflake,
) -> None:
    answer = await ask(snowflake.browser, **AS_WIKI)
    code = query_of(answer.headers["location"])["code"]
    await snowflake.state.logout.leave(str(USER["id"]), APPLICATION_ID, "wiki")
    answer = await redeem(snowflake.browser, code, **AS_WIKI, client_secret="the wiki's secret")
    assert answer.json()["error"] == "invalid_grant"
    # The session lives on, with the other client and for whoever signs in once more.
    assert await enter(snowflake.browser, AS_WIKI)


async def test_sessions_go_with_the_discord_application_of_a_changed_file(
    snowflake: Snowflake, clock: Clock
) -> None:
    other = snowflake.settings.model_copy(update={"discord_client_id": "1056005449054429000"})
    snowflake.state.use(other)
    # Nobody is signed in by that one yet.
    assert await refused(snowflake.browser, AS_WIKI) == "login_required"
    code = await code_for(snowflake.browser, **AS_GRAFANA)
    tokens = await tokens_for(snowflake.browser, AS_GRAFANA, code)
    assert await enter(snowflake.browser, AS_WIKI)
    clock.pass_by(61)
    assert "access_token" in await refresh(snowflake.browser, AS_GRAFANA, tokens)


async def test_a_way_back_that_is_loaded_again_vouches_for_nobody_anew(
    snowflake: Snowflake, clock: Clock
) -> None:
    signed_in = int(clock.now)
    departure = await depart(snowflake.browser, **AS_WIKI, prompt="login")
    answer = await come_back(snowflake.browser, departure)
    for _ in range(3):
        clock.pass_by(50)
        answer = await come_back(snowflake.browser, departure)
    code = query_of(answer.headers["location"])["code"]
    tokens = await tokens_for(snowflake.browser, AS_WIKI, code)
    assert read_token(snowflake, tokens["id_token"])["auth_time"] == signed_in
    assert await refused(snowflake.browser, AS_WIKI, max_age="100") == "login_required"


async def test_a_way_back_that_is_loaded_again_leads_to_no_client_that_the_person_has_left(
    snowflake: Snowflake,
) -> None:
    departure = await depart(snowflake.browser, **AS_WIKI, prompt="login")
    await come_back(snowflake.browser, departure)
    await snowflake.state.logout.leave(str(USER["id"]), APPLICATION_ID, "wiki")
    assert (await come_back(snowflake.browser, departure)).status_code == 400
    assert await enter(snowflake.browser, AS_GRAFANA)


@pytest.mark.parametrize("by", ["logout", "somebody else"])
async def test_a_way_back_that_is_loaded_again_begins_no_session_that_has_ended(
    snowflake: Snowflake, by: str
) -> None:
    departure = await depart(snowflake.browser, **AS_WIKI, prompt="login")
    await come_back(snowflake.browser, departure)
    if by == "logout":
        await snowflake.state.logout.end(Which(person=str(USER["id"])))
    else:
        snowflake.discord.knows(id=OTHER)
        await code_for(snowflake.browser, **AS_GRAFANA, prompt="select_account")
    answer = await come_back(snowflake.browser, departure)
    assert answer.status_code == 400
    assert await snowflake.state.store.sessions.of_person(str(USER["id"])) == []


async def test_the_code_of_a_session_works_once(snowflake: Snowflake) -> None:
    answer = await ask(snowflake.browser, **AS_WIKI)
    code = query_of(answer.headers["location"])["code"]
    tokens = await tokens_for(snowflake.browser, AS_WIKI, code)
    again = await redeem(snowflake.browser, code, **AS_WIKI, client_secret="the wiki's secret")
    assert again.json()["error"] == "invalid_grant"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await snowflake.browser.get("/userinfo", headers=headers)).status_code == 401


@pytest.mark.parametrize("planted", ["", "x", "a.b", "\xe9"])
async def test_a_cookie_that_was_not_made_here_is_nobody(
    snowflake: Snowflake, planted: str
) -> None:
    stranger = snowflake.another_browser()
    headers = {b"Cookie": f"{COOKIE}={planted}".encode("latin-1")}
    params = {**AS_WIKI, "prompt": "none", "response_type": "code", "scope": "openid"}
    answer = await stranger.get("/authorize", params=params, headers=headers)
    assert query_of(answer.headers["location"])["error"] == "login_required"


async def test_two_cookies_are_nobodys(snowflake: Snowflake) -> None:
    stranger = snowflake.another_browser()
    mine = snowflake.browser.cookies[COOKIE]
    headers = {"Cookie": f"{COOKIE}={mine}; {COOKIE}={mine}"}
    params = {**AS_WIKI, "prompt": "none", "response_type": "code", "scope": "openid"}
    answer = await stranger.get("/authorize", params=params, headers=headers)
    assert query_of(answer.headers["location"])["error"] == "login_required"


async def test_the_cookie_is_kept_from_scripts_and_other_sites(snowflake: Snowflake) -> None:
    answer = await come_back(
        snowflake.browser, await depart(snowflake.browser, **AS_WIKI, prompt="login")
    )
    cookies = [c for c in answer.headers.get_list("set-cookie") if c.startswith(f"{COOKIE}=")]
    assert len(cookies) == 1
    attributes = set(cookies[0].split("; ")[1:])
    assert attributes == {"Max-Age=43200", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"}


async def test_without_sessions_nothing_is_kept_and_discord_is_asked_each_time(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    none = timedelta(0)
    async with keeping_sessions(settings, clock, discord, session_lifetime=none) as snowflake:
        code = await code_for(snowflake.browser, **AS_GRAFANA)
        tokens = await tokens_for(snowflake.browser, AS_GRAFANA, code)
        assert "sid" not in read_token(snowflake, tokens["id_token"])
        assert COOKIE not in snowflake.browser.cookies
        await depart(snowflake.browser, **AS_WIKI)
        assert await snowflake.state.store.sessions.of_person() == []


async def test_a_token_that_discord_refuses_while_it_is_out_ends_nothing(
    snowflake: Snowflake, clock: Clock
) -> None:
    clock.pass_by(61)
    snowflake.discord.user.respond(401)
    snowflake.discord.token.respond(502)
    assert await refused(snowflake.browser, AS_WIKI) == "temporarily_unavailable"
    page = await ask(snowflake.browser, **AS_WIKI)
    assert page.status_code == 503
    [session] = await snowflake.state.store.sessions.of_person(str(USER["id"]))
    assert session.person == USER["id"]


@pytest.mark.parametrize("prompt", [None, "none"])
async def test_while_the_store_is_out_nobody_is_signed_out(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch, prompt: str | None
) -> None:
    async def out(*_: object) -> None:
        raise TemporarilyUnavailable("the store cannot be reached; try again")

    with monkeypatch.context() as patch:
        patch.setattr(snowflake.state.store.sessions, "find", out)
        answer = await ask(snowflake.browser, **AS_WIKI, prompt=prompt)
    if prompt is None:
        assert answer.status_code == 503
    else:
        assert query_of(answer.headers["location"])["error"] == "temporarily_unavailable"
    assert await enter(snowflake.browser, AS_WIKI)


async def test_the_first_client_is_told_the_same_auth_time_as_the_others(
    snowflake: Snowflake, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A second goes by between Discord's answer and the session.
    begin = snowflake.state.store.session_logins.begin

    async def slowly(session: Session, *rest: Any, **more: Any) -> Session:
        clock.pass_by(1)
        return await begin(replace(session, auth_time=int(clock.now)), *rest, **more)

    monkeypatch.setattr(snowflake.state.store.session_logins, "begin", slowly)
    code = await code_for(snowflake.browser, **AS_GRAFANA, prompt="login")
    first = read_token(
        snowflake, (await tokens_for(snowflake.browser, AS_GRAFANA, code))["id_token"]
    )
    second = read_token(snowflake, (await enter(snowflake.browser, AS_WIKI))["id_token"])
    assert first["auth_time"] == second["auth_time"]


async def test_a_session_of_a_minute_signs_in_for_most_of_it(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    minute = timedelta(minutes=1)
    async with keeping_sessions(settings, clock, discord, session_lifetime=minute) as snowflake:
        await code_for(snowflake.browser, **AS_GRAFANA)
        clock.pass_by(50)
        assert await enter(snowflake.browser, AS_WIKI)
        clock.pass_by(5)
        assert await refused(snowflake.browser, AS_WIKI) == "login_required"
