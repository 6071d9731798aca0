"""Where somebody can go whose login at a registered client cannot go on."""

import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest
from pydantic import SecretStr

from snowflake.protocol.browser import COOKIE_LIFETIME, LOGIN_LIFETIME
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from tests.login import (
    APPLICATION,
    AUTHORIZATION_REQUEST,
    Departure,
    code_for,
    come_back,
    depart,
    query_of,
)
from tests.oidc.test_registered_clients import registering
from tests.running import ORIGIN, Clock, Discord, Snowflake, running

PATTERN = r"regex:https://.*\.preview\.example\.com/callback"
STATE = AUTHORIZATION_REQUEST["state"]
EXPIRED, ELSEWHERE, SPENT = (
    "That took a little too long",
    "This login can&#39;t be finished here",
    "This login is over",
)


def client(name: str, *redirect_uris: str, gate: AccessTable | None = None) -> ClientTable:
    return ClientTable(
        id=name.lower(),
        name=name,
        secret=SecretStr("secret"),
        redirect_uris=redirect_uris,
        access=gate,
    )


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    clients = (
        client("Grafana", "https://other.example.com/", APPLICATION, PATTERN),
        client("Preview", PATTERN),
        client("Gated", APPLICATION, gate=AccessTable(any_guild=("1",))),
    )
    async with running(registering(settings, *clients), clock, discord) as snowflake:
        yield snowflake


def links(page: httpx.Response) -> dict[str, str]:
    """Read what the links of a page say, and where they lead."""
    found = re.findall(r'<a class="button(?: plain)?" href="([^"]*)">(.*)</a>', page.text)
    return {re.sub("<[^>]*>", "", text): unescape(address) for address, text in found}


async def late(snowflake: Snowflake, seconds: float = LOGIN_LIFETIME + 1) -> httpx.Response:
    departure = await depart(snowflake.browser, client_id="grafana")
    snowflake.clock.pass_by(seconds)
    return await come_back(snowflake.browser, departure)


def begun_again(page: httpx.Response) -> Departure:
    location = links(page)["Sign in again"]
    assert location.startswith("https://discord.com/oauth2/authorize?")
    sent = query_of(location)
    return Departure(location, sent["redirect_uri"], sent["state"])


async def test_a_login_that_took_too_long_is_begun_again_with_the_same_request(
    snowflake: Snowflake,
) -> None:
    page = await late(snowflake)
    assert page.status_code == 400
    assert EXPIRED in page.text
    arrived = await come_back(snowflake.browser, begun_again(page))
    assert arrived.headers["location"].startswith(f"{APPLICATION}?code=")
    assert query_of(arrived.headers["location"])["state"] == STATE


async def test_the_fresh_note_is_not_the_old_one(snowflake: Snowflake) -> None:
    first = await depart(snowflake.browser, client_id="grafana")
    snowflake.clock.pass_by(LOGIN_LIFETIME + 1)
    again = begun_again(await come_back(snowflake.browser, first))
    assert again.state != first.state
    challenges = [query_of(one.location)["code_challenge"] for one in (first, again)]
    assert challenges[0] != challenges[1]
    snowflake.clock.pass_by(LOGIN_LIFETIME + 1)
    assert EXPIRED in (await come_back(snowflake.browser, again)).text


async def test_or_its_application_is_told_that_it_is_over(snowflake: Snowflake) -> None:
    back = links(await late(snowflake))["Back to Grafana"]
    assert back.startswith(f"{APPLICATION}?error=login_required&")
    told = query_of(back)
    assert (told["state"], told["iss"]) == (STATE, ORIGIN)


@pytest.mark.parametrize("seconds", [1, LOGIN_LIFETIME + 1])
async def test_in_another_browser_there_is_only_the_door_of_the_application(
    snowflake: Snowflake, seconds: float
) -> None:
    departure = await depart(snowflake.browser, client_id="grafana")
    snowflake.clock.pass_by(seconds)
    page = await come_back(snowflake.another_browser(), departure)
    assert (ELSEWHERE if seconds == 1 else EXPIRED) in page.text
    assert links(page) == {"Back to Grafana": "https://app.example.com/"}
    assert "discord.com/oauth2" not in page.text


async def test_where_a_pattern_leads_nobody_is_sent_in_another_browser(
    snowflake: Snowflake,
) -> None:
    theirs = "https://evil.preview.example.com/callback"
    for name, expected in (("grafana", {"Back to Grafana": "https://other.example.com/"}),):
        departure = await depart(snowflake.browser, client_id=name, redirect_uri=theirs)
        page = await come_back(snowflake.another_browser(), departure)
        assert links(page) == expected
    departure = await depart(snowflake.browser, client_id="preview", redirect_uri=theirs)
    page = await come_back(snowflake.another_browser(), departure)
    assert ELSEWHERE in page.text
    assert links(page) == {}


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:53212/cb",
        "http://[::1]:53212/cb",
        "http://localhost:3000/cb",
        "https://localhost/cb",
        "http://app.localhost/cb",
    ],
)
@pytest.mark.parametrize("others", [(), ("https://other.example.com/callback",)])
async def test_in_another_browser_no_link_leads_to_the_machine_on_which_it_runs(
    settings: Settings, clock: Clock, discord: Discord, uri: str, others: tuple[str, ...]
) -> None:
    native = registering(settings, client("Native", uri, *others))
    async with running(native, clock, discord) as snowflake:
        departure = await depart(snowflake.browser, client_id="native", redirect_uri=uri)
        page = await come_back(snowflake.another_browser(), departure)
    assert ELSEWHERE in page.text
    assert list(links(page).values()) == ["https://other.example.com/" for _ in others]


async def silent_and_late(
    snowflake: Snowflake, browser: httpx.AsyncClient | None = None, **asked: str
) -> httpx.Response:
    departure = await depart(snowflake.browser, prompt="none", **asked)
    snowflake.clock.pass_by(LOGIN_LIFETIME + 1)
    return await come_back(browser or snowflake.browser, departure)


async def test_where_nobody_looks_the_application_hears_that_a_login_took_too_long(
    snowflake: Snowflake,
) -> None:
    answer = await silent_and_late(snowflake, client_id="grafana")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{APPLICATION}?error=login_required&")
    told = query_of(answer.headers["location"])
    assert (told["state"], told["iss"]) == (STATE, ORIGIN)


async def test_unless_nobody_vouches_for_where_it_would_hear_it(
    snowflake: Snowflake, settings: Settings
) -> None:
    # Discord's word for a redirect URI is as old as the login; another browser began nothing.
    pages = [
        await silent_and_late(snowflake),
        await silent_and_late(snowflake, snowflake.another_browser(), client_id="grafana"),
    ]
    departure = await depart(snowflake.browser, client_id="grafana", prompt="none")
    snowflake.clock.pass_by(LOGIN_LIFETIME + 1)
    moved = client("Grafana", "https://other.example.com/")
    snowflake.state.use(registering(settings, moved))
    pages.append(await come_back(snowflake.browser, departure))
    for page in pages:
        assert page.status_code == 400
        assert EXPIRED in page.text
        assert "location" not in page.headers


async def test_after_a_day_nothing_of_a_login_is_known(snowflake: Snowflake) -> None:
    assert links(await late(snowflake, COOKIE_LIFETIME)) != {}
    page = await late(snowflake, COOKIE_LIFETIME + 1)
    assert EXPIRED in page.text
    assert links(page) == {}


async def test_a_client_that_is_gone_vouches_for_nothing(
    snowflake: Snowflake, settings: Settings
) -> None:
    departure = await depart(snowflake.browser, client_id="grafana")
    snowflake.clock.pass_by(LOGIN_LIFETIME + 1)
    moved = client("Grafana", "https://other.example.com/")
    snowflake.state.use(registering(settings, moved))
    assert links(await come_back(snowflake.browser, departure)) == {}
    snowflake.state.use(registering(settings, client("Other", APPLICATION)))
    for browser in (snowflake.browser, snowflake.another_browser()):
        assert links(await come_back(browser, departure)) == {}


async def test_a_discord_application_has_nobody_who_vouches(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    snowflake.clock.pass_by(LOGIN_LIFETIME + 1)
    for browser in (snowflake.browser, snowflake.another_browser()):
        page = await come_back(browser, departure)
        assert page.status_code == 400
        assert links(page) == {}


async def test_a_login_that_is_over_can_be_begun_again_too(
    snowflake: Snowflake, discord: Discord
) -> None:
    departure = await depart(snowflake.browser, client_id="grafana")
    discord.token.respond(400, json={"error": "invalid_grant"})
    page = await come_back(snowflake.browser, departure)
    assert SPENT in page.text
    assert list(links(page)) == ["Sign in again", "Back to Grafana"]


async def test_a_page_of_refusal_renews_no_login(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser, client_id="gated")
    for _ in range(2):
        snowflake.clock.pass_by(LOGIN_LIFETIME / 2)
        page = await come_back(snowflake.browser, departure)
        assert page.status_code == 403
        sent = query_of(links(page)["Use another account"])
        departure = Departure("", sent["redirect_uri"], sent["state"])
    snowflake.clock.pass_by(1)
    page = await come_back(snowflake.browser, departure)
    assert EXPIRED in page.text
    assert "Sign in again" in links(page)


async def test_a_login_in_time_needs_none_of_this(snowflake: Snowflake) -> None:
    assert await code_for(snowflake.browser, client_id="grafana")
