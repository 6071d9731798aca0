"""A person's own page."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from unittest.mock import patch

import httpx
import pytest

from snowflake.errors import StoreDown
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.store.people import People
from tests.login import code_for, query_of
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    GRAFANA,
    WIKI,
    enter,
    is_alive,
    keeping_sessions,
    refresh,
    refused,
    tokens_for,
)
from tests.running import USER, Clock, Discord, Snowflake
from tests.web.test_end_session import form_in

PERSON = str(USER["id"])
OTHER = "80351110224678913"
SCOPE = "openid email offline_access"
COOKIE = "__Host-snowflake-session"


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    asking = WIKI.model_copy(
        update={"consent": "once", "backchannel_logout_uri": "https://wiki.example.com/out"}
    )
    async with keeping_sessions(settings, clock, discord, GRAFANA, asking) as running:
        yield running


async def sign_in(snowflake: Snowflake, browser: httpx.AsyncClient | None = None) -> httpx.Response:
    """Go to the page, by way of Discord, and answer it."""
    browser = browser or snowflake.browser
    answer = await browser.get("/account")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("https://discord.com/")
    sent = query_of(answer.headers["location"])
    assert sent["scope"] == "identify"
    back = {"code": "x", "state": sent["state"], "iss": "https://discord.com"}
    answer = await browser.get("/callback", params=back)
    assert answer.headers["location"] == "https://snowflake.example.com/account"
    return await browser.get("/account")


async def press(
    browser: httpx.AsyncClient, page: httpx.Response, action: str, **fields: str
) -> httpx.Response:
    _, known = form_in(page)
    sent = {"note": known["note"], "action": action, **fields}
    return await browser.post("/account", data=sent)


async def test_somebody_new_signs_in_by_way_of_discord(snowflake: Snowflake) -> None:
    page = await sign_in(snowflake)
    assert page.status_code == 200
    assert "nelly" in page.text
    assert "No application has anything of yours" in page.text


async def test_it_shows_the_applications_and_what_they_learn(snowflake: Snowflake) -> None:
    code = await code_for(snowflake.browser, **AS_GRAFANA, scope=SCOPE)
    await tokens_for(snowflake.browser, AS_GRAFANA, code)
    page = await snowflake.browser.get("/account")
    assert "<h3><bdi>Grafana</bdi></h3>" in page.text
    assert "Your e-mail address." in page.text
    assert "Wiki" not in page.text


async def test_one_application_is_signed_out_everywhere_and_told(snowflake: Snowflake) -> None:
    code = await code_for(snowflake.browser, **AS_GRAFANA, scope=SCOPE)
    grafana = await tokens_for(snowflake.browser, AS_GRAFANA, code)
    page = await snowflake.browser.get("/account")
    page = await press(snowflake.browser, page, "sign-out", client_id="grafana")
    assert "You have signed out of Grafana" in page.text
    assert not await is_alive(snowflake.browser, grafana)
    assert (await refresh(snowflake.browser, AS_GRAFANA, grafana))["error"] == "invalid_grant"


async def test_the_others_stay(settings: Settings, clock: Clock, discord: Discord) -> None:
    async with keeping_sessions(settings, clock, discord) as snowflake:
        code = await code_for(snowflake.browser, **AS_GRAFANA, scope=SCOPE)
        grafana = await tokens_for(snowflake.browser, AS_GRAFANA, code)
        wiki = await enter(snowflake.browser, AS_WIKI, scope=SCOPE)
        page = await snowflake.browser.get("/account")
        page = await press(snowflake.browser, page, "sign-out", client_id="wiki")
        assert "Grafana" in page.text
        assert "Wiki" not in page.text
        assert await is_alive(snowflake.browser, grafana)
        assert not await is_alive(snowflake.browser, wiki)


async def test_everything_is_signed_out(snowflake: Snowflake) -> None:
    code = await code_for(snowflake.browser, **AS_GRAFANA, scope=SCOPE)
    grafana = await tokens_for(snowflake.browser, AS_GRAFANA, code)
    elsewhere = snowflake.another_browser()
    await code_for(elsewhere, **AS_GRAFANA)
    page = await snowflake.browser.get("/account")
    page = await press(snowflake.browser, page, "sign-out-everywhere")
    assert "You have signed out of everything" in page.text
    assert COOKIE not in snowflake.browser.cookies
    assert (await refresh(snowflake.browser, AS_GRAFANA, grafana))["error"] == "invalid_grant"
    assert await refused(elsewhere, AS_GRAFANA) == "login_required"


async def test_what_is_kept_can_be_downloaded(snowflake: Snowflake) -> None:
    page = await sign_in(snowflake)
    answer = await press(snowflake.browser, page, "download")
    assert answer.headers["content-disposition"].startswith("attachment")
    kept = json.loads(answer.text)
    assert kept["person"] == PERSON
    [session] = kept["sessions"]
    assert session["account"]["username"] == "nelly"
    assert [client["client_id"] for client in session["clients"]] == [":account"]
    assert "discord-access-token" not in answer.text


async def test_erasing_is_asked_twice(snowflake: Snowflake) -> None:
    snowflake.discord.router.post("https://discord.com/api/v10/oauth2/token/revoke").respond(
        json={}
    )
    code = await code_for(snowflake.browser, **AS_GRAFANA, scope=SCOPE)
    grafana = await tokens_for(snowflake.browser, AS_GRAFANA, code)
    page = await snowflake.browser.get("/account")
    question = await press(snowflake.browser, page, "erase")
    assert "Erase what is kept about you?" in question.text
    assert await is_alive(snowflake.browser, grafana)
    done = await press(snowflake.browser, question, "really-erase")
    assert "is erased" in done.text
    assert not await is_alive(snowflake.browser, grafana)
    kept = await snowflake.state.store.people.kept(PERSON)
    assert not any((kept.grants, kept.sessions, kept.discord_tokens, kept.memberships))


@pytest.mark.parametrize("action", ["download", "erase"])
async def test_a_browser_that_was_left_signed_in_shows_and_erases_nothing(
    snowflake: Snowflake, clock: Clock, action: str
) -> None:
    await sign_in(snowflake)
    clock.pass_by(901)
    page = await snowflake.browser.get("/account")
    answer = await press(snowflake.browser, page, action)
    assert query_of(answer.headers["location"])["prompt"] == "consent"
    assert len(await snowflake.state.store.sessions.of_person(PERSON)) == 1


async def test_nor_does_its_page_that_asks_about_erasing(
    snowflake: Snowflake, clock: Clock
) -> None:
    question = await press(snowflake.browser, await sign_in(snowflake), "erase")
    clock.pass_by(901)
    answer = await press(snowflake.browser, question, "really-erase")
    assert query_of(answer.headers["location"])["prompt"] == "consent"
    assert len(await snowflake.state.store.sessions.of_person(PERSON)) == 1


async def test_whom_access_turns_away_may_see_and_erase_what_is_kept(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    access = AccessTable(no_people=(PERSON,))
    async with keeping_sessions(settings, clock, discord, access=access) as snowflake:
        page = await sign_in(snowflake)
        assert page.status_code == 200
        assert await refused(snowflake.browser, AS_GRAFANA) == "access_denied"


@pytest.mark.parametrize("note", ["", "x", "a" * 200])
async def test_a_button_that_was_not_on_the_page_does_nothing(
    snowflake: Snowflake, note: str
) -> None:
    await sign_in(snowflake)
    form = {"action": "sign-out-everywhere", "note": note}
    answer = await snowflake.browser.post("/account", data=form)
    assert answer.status_code == 400
    assert "Nothing has changed" in answer.text
    assert "Load it once more" in answer.text
    assert "came from" not in answer.text
    assert len(await snowflake.state.store.sessions.of_person(PERSON)) == 1


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
async def test_an_answer_that_is_no_form_blames_nobody(
    snowflake: Snowflake, headers: dict[str, str]
) -> None:
    await sign_in(snowflake)
    answer = await snowflake.browser.post("/account", content=b"x", headers=headers)
    assert answer.status_code == 400
    assert "Nothing has changed" in answer.text
    assert "Load it once more" in answer.text
    assert "The service that you came from" not in answer.text


async def test_nobody_presses_a_button_for_somebody_else(
    snowflake: Snowflake, clock: Clock
) -> None:
    page = await sign_in(snowflake)
    thief = snowflake.another_browser()
    snowflake.discord.knows(id=OTHER)
    await sign_in(snowflake, thief)
    assert (await press(thief, page, "sign-out-everywhere")).status_code == 400
    clock.pass_by(1801)
    assert (await press(snowflake.browser, page, "sign-out-everywhere")).status_code == 400
    assert len(await snowflake.state.store.sessions.of_person()) == 2


async def test_a_button_that_there_is_not_is_refused(snowflake: Snowflake) -> None:
    page = await sign_in(snowflake)
    assert (await press(snowflake.browser, page, "dance")).status_code == 400
    # An application that is not theirs changes nothing.
    page = await press(snowflake.browser, page, "sign-out", client_id="wiki")
    assert page.status_code == 200


@pytest.mark.parametrize("action", ["sign-out-everywhere", "really-erase"])
async def test_a_double_click_does_not_sign_in_again(snowflake: Snowflake, action: str) -> None:
    page = await sign_in(snowflake)
    await press(snowflake.browser, page, "sign-out-everywhere")
    answer = await press(snowflake.browser, page, action)
    assert answer.status_code == 200
    assert "You are not signed in here any more" in answer.text


async def test_erasing_takes_the_button_of_its_own_page(snowflake: Snowflake) -> None:
    page = await sign_in(snowflake)
    assert (await press(snowflake.browser, page, "really-erase")).status_code == 400
    assert len(await snowflake.state.store.sessions.of_person(PERSON)) == 1


async def test_a_consent_is_taken_back_though_nothing_else_is_left(snowflake: Snowflake) -> None:
    consents = snowflake.state.store.consents
    await consents.give(PERSON, "wiki", {"openid", "email"})
    page = await sign_in(snowflake)
    assert "Your e-mail address." in page.text
    page = await press(snowflake.browser, page, "sign-out", client_id="wiki")
    assert "No application has anything of yours" in page.text
    assert await consents.of_person(PERSON) == []


async def test_a_client_whose_code_was_never_redeemed_is_there_too(snowflake: Snowflake) -> None:
    await code_for(snowflake.browser, **AS_GRAFANA)
    assert "Grafana" in (await snowflake.browser.get("/account")).text


async def test_applications_are_told_in_the_browser(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    framed = WIKI.model_copy(update={"frontchannel_logout_uri": "https://wiki.example.com/out"})
    async with keeping_sessions(settings, clock, discord, GRAFANA, framed) as snowflake:
        await code_for(snowflake.browser, **AS_WIKI)
        page = await snowflake.browser.get("/account")
        done = await press(snowflake.browser, page, "sign-out-everywhere")
        assert '<iframe src="https://wiki.example.com/out?' in done.text
        assert COOKIE not in snowflake.browser.cookies


@pytest.mark.parametrize("others_stay", [True, False])
async def test_one_application_is_told_in_the_browser_alone(
    settings: Settings, clock: Clock, discord: Discord, others_stay: bool
) -> None:
    at = "frontchannel_logout_uri"
    framed = WIKI.model_copy(update={at: "https://wiki.example.com/out"})
    other = GRAFANA.model_copy(update={at: "https://app.example.com/out"})
    async with keeping_sessions(settings, clock, discord, other, framed) as snowflake:
        await code_for(snowflake.browser, **AS_WIKI)
        if others_stay:
            await enter(snowflake.browser, AS_GRAFANA)
        page = await snowflake.browser.get("/account")
        done = await press(snowflake.browser, page, "sign-out", client_id="wiki")
        assert "You have signed out of Wiki" in done.text
        assert '<iframe src="https://wiki.example.com/out?' in done.text
        assert "https://app.example.com/out" not in done.text
        assert (COOKIE in snowflake.browser.cookies) is others_stay


async def test_whoever_refuses_at_discord_gets_a_page_and_no_loop(snowflake: Snowflake) -> None:
    sent = query_of((await snowflake.browser.get("/account")).headers["location"])
    back = {"error": "access_denied", "state": sent["state"], "iss": "https://discord.com"}
    answer = await snowflake.browser.get("/callback", params=back)
    page = await snowflake.browser.get(answer.headers["location"])
    assert page.status_code == 200
    assert "You have not signed in" in page.text


async def test_the_page_is_no_client_of_anybody_s(snowflake: Snowflake) -> None:
    request = {"client_id": ":account", "redirect_uri": "https://snowflake.example.com/account"}
    params = {"response_type": "code", "scope": "openid", **request}
    assert (await snowflake.browser.get("/authorize", params=params)).status_code == 400
    form = {"grant_type": "authorization_code", "code": "x", "client_id": ":account"}
    assert (await snowflake.browser.post("/token", data=form)).status_code == 401


async def test_without_sessions_there_is_no_such_page(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    none = timedelta(0)
    async with keeping_sessions(settings, clock, discord, session_lifetime=none) as snowflake:
        assert (await snowflake.browser.get("/account")).status_code == 404


async def test_an_outage_of_the_store_is_not_put_down_to_discord(snowflake: Snowflake) -> None:
    await sign_in(snowflake)
    outage = StoreDown("the store cannot be reached; try again")
    with patch.object(People, "kept", side_effect=outage):
        page = await snowflake.browser.get("/account")
    assert page.status_code == 503
    assert "Discord" not in page.text
    assert "Try again" in page.text
    assert (await snowflake.browser.get("/account")).status_code == 200
