"""A person's own page."""

import json
from datetime import timedelta
from unittest.mock import patch

import pytest

from snowflake.errors import StoreDown
from snowflake.settings import Settings
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
from tests.running import Clock, Discord, Snowflake
from tests.web.account.visiting import COOKIE, PERSON, SCOPE, press, sign_in


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
