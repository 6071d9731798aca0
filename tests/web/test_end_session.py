"""Signing out: of one session, of all its clients, and by nobody else's doing."""

import base64
import json
import re
from collections.abc import AsyncIterator, Mapping
from html import unescape
from typing import cast

import httpx
import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.store.session_ends import Which
from tests.login import ask, code_for, query_of
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    GRAFANA,
    WIKI,
    enter,
    keeping_sessions,
    tokens_for,
)
from tests.running import ORIGIN, USER, Clock, Discord, Snowflake

GOODBYE = "https://app.example.com/goodbye"
FRAMED = WIKI.model_copy(update={"frontchannel_logout_uri": "https://wiki.example.com/logout?a=1"})
COOKIE = "__Host-snowflake-session"


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    async with keeping_sessions(settings, clock, discord) as running:
        yield running


async def signed_in(snowflake: Snowflake, browser: httpx.AsyncClient | None = None) -> str:
    """Sign in to Grafana and to the wiki, and answer Grafana's ID token."""
    browser = browser or snowflake.browser
    tokens = await tokens_for(browser, AS_GRAFANA, await code_for(browser, **AS_GRAFANA))
    await enter(browser, AS_WIKI)
    return cast(str, tokens["id_token"])


async def is_signed_in(snowflake: Snowflake, browser: httpx.AsyncClient | None = None) -> bool:
    answer = await ask(browser or snowflake.browser, **AS_WIKI, prompt="none")
    return "code" in query_of(answer.headers["location"])


def form_in(page: httpx.Response) -> tuple[str, dict[str, str]]:
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    assert action is not None
    return action[1], {name: unescape(value) for name, value in fields}


async def test_a_hint_of_this_session_ends_it_and_leads_back(snowflake: Snowflake) -> None:
    hint = await signed_in(snowflake)
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE, "state": "x y"}
    answer = await snowflake.browser.get("/logout", params=asked)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{GOODBYE}?state=x%20y"
    assert COOKIE not in snowflake.browser.cookies
    assert not await is_signed_in(snowflake)


async def test_a_hint_may_have_expired(snowflake: Snowflake, clock: Clock) -> None:
    hint = await signed_in(snowflake)
    clock.pass_by(6 * 3600)
    answer = await snowflake.browser.get("/logout", params={"id_token_hint": hint})
    assert "You have signed out" in answer.text
    assert not await is_signed_in(snowflake)


async def test_once_it_has_ended_a_hint_leads_back_at_once(snowflake: Snowflake) -> None:
    hint = await signed_in(snowflake)
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE}
    for _ in range(2):
        answer = await snowflake.browser.get("/logout", params=asked)
        assert (answer.status_code, answer.headers["location"]) == (302, GOODBYE)


async def test_its_tokens_end_at_once_but_for_offline_access(snowflake: Snowflake) -> None:
    hint = await signed_in(snowflake)
    tokens = await enter(snowflake.browser, AS_WIKI)
    lasting = await enter(snowflake.browser, AS_WIKI, scope="openid offline_access")
    await snowflake.browser.get("/logout", params={"id_token_hint": hint})
    for each in (tokens, lasting):
        headers = {"Authorization": f"Bearer {each['access_token']}"}
        assert (await snowflake.browser.get("/userinfo", headers=headers)).status_code == 401
    secret = "the wiki's secret"
    form = {"grant_type": "refresh_token", "client_id": "wiki", "client_secret": secret}
    sent = {**form, "refresh_token": tokens["refresh_token"]}
    assert (await snowflake.browser.post("/token", data=sent)).status_code == 400
    sent = {**form, "refresh_token": lasting["refresh_token"]}
    assert (await snowflake.browser.post("/token", data=sent)).status_code == 200


@pytest.mark.parametrize("with_client", [False, True])
async def test_without_a_hint_a_page_asks_first(snowflake: Snowflake, *, with_client: bool) -> None:
    await signed_in(snowflake)
    asked = {"client_id": "grafana", "post_logout_redirect_uri": GOODBYE, "state": "s"}
    page = await snowflake.browser.get("/logout", params=asked if with_client else {})
    assert page.status_code == 200
    assert "Sign out?" in page.text
    assert "nelly" in page.text
    assert await is_signed_in(snowflake)
    action, fields = form_in(page)
    done = await snowflake.browser.post(action, data=fields)
    if with_client:
        assert (done.status_code, done.headers["location"]) == (302, f"{GOODBYE}?state=s")
    else:
        assert "You have signed out" in done.text
    assert not await is_signed_in(snowflake)


async def test_nobody_answers_the_page_for_somebody_else(snowflake: Snowflake) -> None:
    await signed_in(snowflake)
    thief = snowflake.another_browser()
    snowflake.discord.knows(id="80351110224678913")
    await signed_in(snowflake, thief)
    _, fields = form_in(await thief.get("/logout"))
    answer = await snowflake.browser.post("/logout", data=fields)
    assert "Sign out?" in answer.text
    assert await is_signed_in(snowflake)


@pytest.mark.parametrize("note", ["x", "a" * 300])
async def test_an_answer_that_was_not_asked_for_ends_nothing(
    snowflake: Snowflake, note: str
) -> None:
    await signed_in(snowflake)
    answer = await snowflake.browser.post("/logout", data={"note": note})
    assert answer.status_code == 400
    assert await is_signed_in(snowflake)


async def test_the_page_does_not_wait_for_ever(snowflake: Snowflake, clock: Clock) -> None:
    await signed_in(snowflake)
    _, fields = form_in(await snowflake.browser.get("/logout"))
    clock.pass_by(1801)
    late = await snowflake.browser.post("/logout", data=fields)
    assert late.status_code == 400
    assert "Nothing has changed" in late.text
    assert "came from" not in late.text
    assert '<a class="button" href="?">Load it once more</a>' in late.text
    assert await is_signed_in(snowflake)


async def test_a_hint_of_another_session_of_the_same_person_ends_nothing(
    snowflake: Snowflake,
) -> None:
    await signed_in(snowflake)
    other = await signed_in(snowflake, snowflake.another_browser())
    page = await snowflake.browser.get("/logout", params={"id_token_hint": other})
    assert "Sign out?" in page.text
    assert await is_signed_in(snowflake)


@pytest.mark.parametrize("hint", ["x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
async def test_a_hint_that_was_not_signed_here_ends_nothing(
    snowflake: Snowflake, hint: str
) -> None:
    await signed_in(snowflake)
    page = await snowflake.browser.get("/logout", params={"id_token_hint": hint})
    assert "Sign out?" in page.text
    asked = {"id_token_hint": hint, "client_id": "grafana", "post_logout_redirect_uri": GOODBYE}
    page = await snowflake.browser.get("/logout", params=asked)
    assert "Sign out?" in page.text
    assert await is_signed_in(snowflake)


@pytest.mark.parametrize(
    "asked",
    [
        {"client_id": "wiki"},
        {"client_id": "grafana", "post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": GOODBYE},
    ],
)
async def test_what_does_not_fit_ends_nothing(
    snowflake: Snowflake, asked: Mapping[str, str]
) -> None:
    hint = {"id_token_hint": await signed_in(snowflake)} if asked.get("client_id") else {}
    answer = await snowflake.browser.get("/logout", params={**hint, **asked})
    assert answer.status_code == 400
    assert await is_signed_in(snowflake) or not hint


async def test_without_a_session_a_page_leads_back(snowflake: Snowflake) -> None:
    asked = {"client_id": "grafana", "post_logout_redirect_uri": GOODBYE}
    page = await snowflake.browser.get("/logout", params=asked)
    assert page.status_code == 200
    assert f'href="{GOODBYE}"' in page.text


async def test_what_another_site_posts_is_seen_with_the_cookies(snowflake: Snowflake) -> None:
    hint = await signed_in(snowflake)
    # No cookie comes with it.
    elsewhere = snowflake.another_browser()
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE, "state": "s"}
    answer = await elsewhere.post("/logout", data=asked)
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location.startswith("/logout?posted=")
    answer = await snowflake.browser.get(location)
    assert (answer.status_code, answer.headers["location"]) == (302, f"{GOODBYE}?state=s")
    assert not await is_signed_in(snowflake)


async def test_a_login_that_another_site_posts_is_seen_with_the_cookies(
    snowflake: Snowflake,
) -> None:
    await signed_in(snowflake)
    form = {
        "response_type": "code",
        "scope": "openid",
        "state": "s",
        "prompt": "none",
        **AS_WIKI,
    }
    answer = await snowflake.another_browser().post("/authorize", data=form)
    assert answer.status_code == 303
    answer = await snowflake.browser.get(answer.headers["location"])
    assert query_of(answer.headers["location"]).keys() == {"code", "state", "iss"}


async def test_what_was_posted_to_one_endpoint_is_nothing_to_another(
    snowflake: Snowflake, clock: Clock
) -> None:
    answer = await snowflake.browser.post("/logout", data={"client_id": "grafana"})
    note = answer.headers["location"].partition("?")[2]
    assert (await snowflake.browser.get(f"/authorize?{note}")).status_code == 400
    clock.pass_by(61)
    assert (await snowflake.browser.get(f"/logout?{note}")).status_code == 400
    assert (await snowflake.browser.get("/logout?posted=x")).status_code == 400


async def test_a_field_that_was_posted_twice_stays_twice(snowflake: Snowflake) -> None:
    content = "client_id=grafana&client_id=wiki&post_logout_redirect_uri=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await snowflake.browser.post("/logout", content=content, headers=headers)
    answer = await snowflake.browser.get(answer.headers["location"])
    assert answer.status_code == 400
    assert "more than once" in answer.text


async def test_clients_are_told_in_the_browser(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with keeping_sessions(settings, clock, discord, GRAFANA, FRAMED) as snowflake:
        hint = await signed_in(snowflake)
        tokens = await enter(snowflake.browser, AS_WIKI)
        sid = claims_of(tokens["id_token"])["sid"]
        asked = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE}
        page = await snowflake.browser.get("/logout", params=asked)
        assert page.status_code == 200
        frames = [unescape(src) for src in re.findall(r'<iframe src="([^"]+)"', page.text)]
        assert len(frames) == 1
        assert frames[0].startswith("https://wiki.example.com/logout?a=1&")
        assert query_of(frames[0]) == {"a": "1", "iss": ORIGIN, "sid": sid}
        policy = page.headers["content-security-policy"]
        assert "frame-src https://wiki.example.com/logout;" in policy
        assert f'data-onward="{GOODBYE}"' in page.text
        assert f'href="{GOODBYE}"' in page.text
        assert not await is_signed_in(snowflake)


async def test_a_frame_is_told_of_its_client_s_own_issuer(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    own = FRAMED.model_copy(update={"issuer_mode": "per_client"})
    async with keeping_sessions(settings, clock, discord, GRAFANA, own) as snowflake:
        hint = await signed_in(snowflake)
        await enter(snowflake.browser, AS_WIKI)
        page = await snowflake.browser.get("/logout", params={"id_token_hint": hint})
        [frame] = [unescape(src) for src in re.findall(r'<iframe src="([^"]+)"', page.text)]
        assert query_of(frame)["iss"] == f"{ORIGIN}/clients/wiki"


async def test_a_hint_under_an_issuer_of_its_own_signs_out_without_a_question(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    own = GRAFANA.model_copy(update={"issuer_mode": "per_client"})
    async with keeping_sessions(settings, clock, discord, own, WIKI) as snowflake:
        asked = {"id_token_hint": await signed_in(snowflake), "post_logout_redirect_uri": GOODBYE}
        answer = await snowflake.browser.get("/logout", params=asked)
        assert answer.headers["location"] == GOODBYE
        assert not await is_signed_in(snowflake)


async def test_a_frame_is_told_of_no_session_that_it_does_not_want(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    plain = FRAMED.model_copy(update={"frontchannel_logout_session_required": False})
    async with keeping_sessions(settings, clock, discord, GRAFANA, plain) as snowflake:
        await signed_in(snowflake)
        action, fields = form_in(await snowflake.browser.get("/logout"))
        page = await snowflake.browser.post(action, data=fields)
        assert '<iframe src="https://wiki.example.com/logout?a=1"' in page.text
        assert "data-onward" not in page.text
        assert "You can close this page" in page.text


@pytest.mark.parametrize(
    "uri", ["https://other.example.com/logout", "http://wiki.example.com/logout"]
)
def test_a_page_of_somebody_else_is_not_framed(uri: str) -> None:
    with pytest.raises(ValueError, match="scheme, host and port"):
        ClientTable(**{**FRAMED.model_dump(), "frontchannel_logout_uri": uri})


async def test_a_redirect_may_be_followed_in_a_frame_and_a_page_may_not(
    snowflake: Snowflake,
) -> None:
    await signed_in(snowflake)
    redirected = await ask(snowflake.browser, **AS_WIKI, prompt="none")
    assert redirected.status_code == 302
    assert "x-frame-options" not in redirected.headers
    assert "content-security-policy" not in redirected.headers
    page = await snowflake.browser.get("/logout")
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_two_logouts_at_once_are_one(snowflake: Snowflake) -> None:
    await signed_in(snowflake)
    logout = snowflake.state.logout
    [session] = await snowflake.state.store.sessions.of_person(str(USER["id"]))
    first = await logout.end(Which(session=session.id))
    second = await logout.end(Which(session=session.id))
    assert (len(first), len(second)) == (1, 0)


def claims_of(token: str) -> dict[str, str]:
    return cast(dict[str, str], json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")))
