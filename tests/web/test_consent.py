"""The page that asks what an application may learn."""

from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.store.session_ends import Which
from tests.login import ask, code_for, come_back, depart, query_of
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    GRAFANA,
    WIKI,
    keeping_sessions,
    refused,
    tokens_for,
)
from tests.running import USER, Clock, Discord, Snowflake
from tests.web.forms import form_in

OTHER = "80351110224678913"


def asking(mode: str) -> ClientTable:
    return WIKI.model_copy(update={"consent": mode})


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    """Run a Snowflake whose wiki asks once, with somebody signed in to Grafana."""
    async with keeping_sessions(settings, clock, discord, GRAFANA, asking("once")) as running:
        await code_for(running.browser, **AS_GRAFANA)
        yield running


async def page_for(browser: httpx.AsyncClient, **changes: str) -> httpx.Response:
    """Ask for a login of the wiki and answer the page to which it leads."""
    answer = await ask(browser, **{**AS_WIKI, **changes})
    assert answer.status_code == 302
    location = answer.headers["location"]
    assert location.startswith("/consent?note=")
    page = await browser.get(location)
    assert page.status_code == 200
    return page


async def answer_with(
    browser: httpx.AsyncClient, page: httpx.Response, answer: str
) -> httpx.Response:
    action, fields = form_in(page)
    return await browser.post(action, data={**fields, "answer": answer})


async def allow(browser: httpx.AsyncClient, page: httpx.Response) -> dict[str, str]:
    answer = await answer_with(browser, page, "allow")
    assert answer.status_code == 302, answer.text
    location = answer.headers["location"]
    assert location.startswith(AS_WIKI["redirect_uri"])
    return query_of(location)


async def test_it_names_the_application_and_what_it_will_learn(snowflake: Snowflake) -> None:
    page = await page_for(snowflake.browser, scope="openid email")
    text = unescape(page.text)
    assert "Allow <bdi>Wiki</bdi>?" in text
    assert "nelly" in text
    assert "Your e-mail address." in text
    assert "avatar" not in text
    # Chromium would hold against it where the application is.
    assert "form-action" not in page.headers["content-security-policy"]
    sent = await allow(snowflake.browser, page)
    assert sent["state"] == "the application's state"
    assert await tokens_for(snowflake.browser, AS_WIKI, sent["code"])


async def test_it_asks_once_for_each_scope(snowflake: Snowflake) -> None:
    for scope in ("openid email", "openid profile"):
        await allow(snowflake.browser, await page_for(snowflake.browser, scope=scope))
    for scope in ("openid email", "openid", "openid profile", "openid email profile"):
        answer = await ask(snowflake.browser, **AS_WIKI, scope=scope)
        assert "code" in query_of(answer.headers["location"])
    await page_for(snowflake.browser, scope="openid email groups")


async def test_whoever_allows_less_when_asked_again_has_taken_nothing_back(
    snowflake: Snowflake,
) -> None:
    await allow(snowflake.browser, await page_for(snowflake.browser, scope="openid email"))
    again = await page_for(snowflake.browser, scope="openid", prompt="consent")
    await allow(snowflake.browser, again)
    denied = await page_for(snowflake.browser, scope="openid", prompt="consent")
    await answer_with(snowflake.browser, denied, "deny")
    answer = await ask(snowflake.browser, **AS_WIKI, scope="openid email")
    assert "code" in query_of(answer.headers["location"])


async def test_prompt_consent_asks_again(snowflake: Snowflake) -> None:
    await allow(snowflake.browser, await page_for(snowflake.browser))
    page = await page_for(snowflake.browser, prompt="consent")
    assert "code" in await allow(snowflake.browser, page)


async def test_without_a_page_the_application_hears_that_one_is_needed(
    snowflake: Snowflake,
) -> None:
    assert await refused(snowflake.browser, AS_WIKI) == "consent_required"
    await allow(snowflake.browser, await page_for(snowflake.browser))
    answer = await ask(snowflake.browser, **AS_WIKI, prompt="none")
    assert "code" in query_of(answer.headers["location"])


async def test_it_can_ask_always(settings: Settings, clock: Clock, discord: Discord) -> None:
    async with keeping_sessions(settings, clock, discord, GRAFANA, asking("always")) as snowflake:
        await code_for(snowflake.browser, **AS_GRAFANA)
        for _ in range(2):
            await allow(snowflake.browser, await page_for(snowflake.browser))
            assert await refused(snowflake.browser, AS_WIKI) == "consent_required"


async def test_whoever_has_just_come_from_discord_is_asked_too(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with keeping_sessions(settings, clock, discord, GRAFANA, asking("once")) as snowflake:
        departure = await depart(snowflake.browser, **AS_WIKI)
        # The page may be loaded again.
        await come_back(snowflake.browser, departure)
        answer = await come_back(snowflake.browser, departure)
        page = await snowflake.browser.get(answer.headers["location"])
        sent = await allow(snowflake.browser, page)
        assert await tokens_for(snowflake.browser, AS_WIKI, sent["code"])


async def test_whoever_denies_it_goes_back_without_a_code(snowflake: Snowflake) -> None:
    page = await page_for(snowflake.browser)
    answer = await answer_with(snowflake.browser, page, "deny")
    sent = query_of(answer.headers["location"])
    assert (sent["error"], sent["state"]) == ("access_denied", "the application's state")
    # It ends nothing else, and they may think again.
    assert "code" in await allow(snowflake.browser, page)


async def test_a_double_click_signs_in(snowflake: Snowflake) -> None:
    page = await page_for(snowflake.browser)
    await allow(snowflake.browser, page)
    sent = await allow(snowflake.browser, page)
    assert await tokens_for(snowflake.browser, AS_WIKI, sent["code"])


async def test_somebody_else_can_use_their_own_account(snowflake: Snowflake) -> None:
    page = await page_for(snowflake.browser)
    assert "Not you?" in page.text
    to_discord = unescape(page.text.partition("https://discord.com/")[2].partition('"')[0])
    sent = query_of(f"https://discord.com/{to_discord}")
    assert sent["prompt"] == "consent"
    snowflake.discord.knows(id=OTHER)
    back = {"code": "x", "state": sent["state"], "iss": "https://discord.com"}
    answer = await snowflake.browser.get("/callback", params=back)
    assert answer.headers["location"].startswith("/consent?note=")


async def test_an_answer_of_another_session_counts_for_nothing(snowflake: Snowflake) -> None:
    page = await page_for(snowflake.browser)
    action, fields = form_in(page)
    other = snowflake.another_browser()
    refusals = [
        await other.post(action, data={**fields, "answer": "allow"}),
        await other.get("/consent", params=fields),
    ]
    for refusal in refusals:
        assert refusal.status_code == 400
        assert "You are not signed in here any more" in refusal.text
        assert "half an hour" not in refusal.text
        assert "Sign in again" in refusal.text
    snowflake.discord.knows(id=OTHER)
    await code_for(snowflake.browser, **AS_GRAFANA, prompt="login")
    answer = await answer_with(snowflake.browser, page, "allow")
    assert answer.status_code == 400
    assert await snowflake.state.store.consents.of_person(OTHER) == []


async def test_a_browser_that_has_lost_the_cookie_of_logins_finds_the_way_on(
    snowflake: Snowflake,
) -> None:
    del snowflake.browser.cookies["__Host-snowflake-login"]
    page = await page_for(snowflake.browser)
    await snowflake.state.logout.end(Which(person=str(USER["id"])))
    answer = await answer_with(snowflake.browser, page, "allow")
    assert answer.status_code == 400
    to_discord = unescape(answer.text.partition("https://discord.com/")[2].partition('"')[0])
    sent = query_of(f"https://discord.com/{to_discord}")
    back = {"code": "x", "state": sent["state"], "iss": "https://discord.com"}
    answer = await snowflake.browser.get("/callback", params=back)
    assert answer.headers["location"].startswith("/consent?note=")


@pytest.mark.parametrize("answer", ["", "perhaps"])
async def test_an_answer_that_is_none_is_refused(snowflake: Snowflake, answer: str) -> None:
    page = await page_for(snowflake.browser)
    refusal = await answer_with(snowflake.browser, page, answer)
    assert refusal.status_code == 400
    assert "recognise this login" in refusal.text
    assert "Back to <bdi>Wiki</bdi>" in refusal.text


async def test_the_page_does_not_wait_for_ever(snowflake: Snowflake, clock: Clock) -> None:
    page = await page_for(snowflake.browser)
    clock.pass_by(1801)
    late = await answer_with(snowflake.browser, page, "allow")
    assert late.status_code == 400
    assert "That took a little too long" in late.text
    assert "Sign in again" in late.text
    assert "Back to <bdi>Wiki</bdi>" in late.text


@pytest.mark.parametrize("query", ["", "?note=x", "?note=x&note=x", f"?note={'x' * 40_000}"])
async def test_a_page_of_no_login_blames_nobody(snowflake: Snowflake, query: str) -> None:
    page = await snowflake.browser.get(f"/consent{query}")
    assert page.status_code in {400, 413}
    assert "You can't mend this yourself" not in unescape(page.text)


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
async def test_an_answer_that_is_no_form_blames_nobody(
    snowflake: Snowflake, headers: dict[str, str]
) -> None:
    page = await snowflake.browser.post("/consent", content=b"answer=allow", headers=headers)
    assert page.status_code == 400
    assert "recognise this login" in page.text
    assert "The service that you came from" not in page.text


async def test_it_is_kept_of_a_person_and_goes_with_them(snowflake: Snowflake) -> None:
    await allow(snowflake.browser, await page_for(snowflake.browser, scope="openid email"))
    people = snowflake.state.store.people
    [consent] = (await people.kept(str(USER["id"]))).consents
    assert (consent.client_id, consent.scopes) == ("wiki", ("email", "openid"))
    await snowflake.state.logout.erase(str(USER["id"]))
    assert (await people.kept(str(USER["id"]))).consents == []


async def test_it_can_be_withdrawn(snowflake: Snowflake) -> None:
    await allow(snowflake.browser, await page_for(snowflake.browser))
    await snowflake.state.store.consents.withdraw(str(USER["id"]), "wiki")
    await page_for(snowflake.browser, scope="openid")
