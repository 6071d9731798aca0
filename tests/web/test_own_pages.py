"""What changes something is sent from a page of ours, or not at all."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import httpx
import pytest
import structlog
from starlette.routing import Route
from structlog.testing import capture_logs

from snowflake.settings import Settings
from snowflake.web.routes import routes
from tests.linked_roles.world import with_linked_roles
from tests.login import AUTHORIZATION_REQUEST, ask, code_for, query_of
from tests.oidc.signed_in import AS_GRAFANA, AS_WIKI, GRAFANA, WIKI, keeping_sessions
from tests.oidc.test_registered_clients import registering
from tests.running import ORIGIN, Clock, Discord, Snowflake, running
from tests.web.device.television import TELEVISION, begin
from tests.web.forms import form_in

ASKING = WIKI.model_copy(update={"consent": "always"})
#: Paths at which people press buttons of ours.
OUR_FORMS = {"/account", "/consent", "/device", "/logout", "/linked-role/unlink"}
#: Those to which others post: applications' pages, and programs that bring no cookie.
OF_OTHERS = {
    *("/authorize", "/token", "/userinfo", "/revoke", "/introspect", "/device_authorization"),
    *("/linked-roles/hook", "/discord/events"),
}
ELSEWHERE = "https://evil.example"
#: What browsers say of a form that is not of ours.
FOREIGN: Mapping[str, Mapping[str, str]] = {
    "of another site": {"Sec-Fetch-Site": "cross-site", "Origin": ELSEWHERE},
    "of a neighbour": {"Sec-Fetch-Site": "same-site", "Origin": f"{ORIGIN[:8]}evil.{ORIGIN[8:]}"},
    "of a frame in a sandbox": {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    "of a kind that is not known yet": {"Sec-Fetch-Site": "somewhat-same"},
    "of another site, in an old browser": {"Origin": ELSEWHERE},
    "of whom an old browser does not say": {"Origin": "null"},
    "of our name over plain HTTP": {"Origin": ORIGIN.replace("https", "http")},
    "of our name at another port": {"Origin": f"{ORIGIN}:8443"},
    "of a name that begins with ours": {"Origin": f"{ORIGIN}.evil.example"},
    "of nothing at all": {"Origin": ""},
}
#: What they say of one of ours.
OURS: Mapping[str, Mapping[str, str]] = {
    "today": {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN},
    "to whom a page says not to be named": {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    "whose person has typed it": {"Sec-Fetch-Site": "none"},
    "behind a proxy that hides by what it was reached": {
        "Sec-Fetch-Site": "same-origin",
        "Origin": f"{ORIGIN}:8443",
    },
    "of old": {"Origin": ORIGIN},
    "that says nothing": {},
}


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    """Run a Snowflake with a page of each kind, and somebody who is signed in."""
    clients = GRAFANA, ASKING, TELEVISION
    async with keeping_sessions(settings, clock, discord, *clients) as running:
        await code_for(running.browser, **AS_GRAFANA)
        yield running


async def pressed(
    snowflake: Snowflake, path: str, button: Mapping[str, str], headers: Mapping[str, str]
) -> httpx.Response:
    """Load a page and press one of its buttons."""
    page = await snowflake.browser.get(path)
    assert page.status_code == 200, page.text
    # Or else browsers would say ``null``.
    assert page.headers["referrer-policy"] == "same-origin"
    action, fields = form_in(page)
    return await snowflake.browser.post(action, data={**fields, **button}, headers=dict(headers))


async def all_pressed(
    snowflake: Snowflake, headers: Mapping[str, str]
) -> dict[str, httpx.Response]:
    """Press a button of each page, the one that signs out at last."""
    asked = await ask(snowflake.browser, **AS_WIKI)
    codes = await begin(snowflake.browser)
    buttons = {
        asked.headers["location"]: {"answer": "allow"},
        "/device": {"user_code": codes["user_code"]},
        "/account": {"action": "download"},
        "/logout": {},
    }
    return {
        path.partition("?")[0]: await pressed(snowflake, path, button, headers)
        for path, button in buttons.items()
    }


async def is_signed_in(snowflake: Snowflake) -> bool:
    answer = await ask(snowflake.browser, **AS_GRAFANA, prompt="none")
    return "code" in query_of(answer.headers["location"])


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_a_form_that_is_not_of_ours_changes_nothing(
    snowflake: Snowflake, headers: Mapping[str, str]
) -> None:
    """Though it brings the cookie and the very note of the page."""
    for answer in (await all_pressed(snowflake, headers)).values():
        assert answer.status_code == 403
        assert "Nothing has changed" in answer.text
        assert "sent from a page of another site" in answer.text
        assert "href" not in answer.text
        assert "set-cookie" not in answer.headers
    assert await is_signed_in(snowflake)


@pytest.mark.parametrize("headers", OURS.values(), ids=OURS)
async def test_a_form_of_ours_does_what_its_button_says(
    snowflake: Snowflake, headers: Mapping[str, str]
) -> None:
    answers = await all_pressed(snowflake, headers)
    assert "code" in query_of(answers["/consent"].headers["location"])
    assert "location" in answers["/device"].headers
    assert "attachment" in answers["/account"].headers["content-disposition"]
    assert "You have signed out" in answers["/logout"].text
    assert not await is_signed_in(snowflake)


@pytest.fixture
def everything(settings: Settings) -> Settings:
    with_key = with_linked_roles(settings).model_copy(update={"discord_public_key": "ab" * 32})
    lasting = timedelta(hours=12)
    return registering(with_key, GRAFANA, TELEVISION, session_lifetime=lasting)


def test_whatever_is_posted_is_a_form_of_ours_or_known_to_come_from_others(
    everything: Settings,
) -> None:
    listed = [route for route in routes(everything) if isinstance(route, Route)]
    posted = {route.path for route in listed if route.methods and "POST" in route.methods}
    assert posted == OUR_FORMS | OF_OTHERS


async def test_no_page_of_ours_takes_what_another_site_has_posted(
    everything: Settings, clock: Clock, discord: Discord
) -> None:
    async with running(everything, clock, discord) as snowflake:
        for path in OUR_FORMS | OF_OTHERS:
            # A neighbour's forms bring it.
            headers = {"Sec-Fetch-Site": "same-site", "Cookie": "__Host-snowflake-session=x"}
            answer = await snowflake.browser.post(path, data={"note": "x"}, headers=headers)
            assert (answer.status_code == 403) is (path in OUR_FORMS), path


async def test_applications_may_send_people_by_forms_of_their_own(snowflake: Snowflake) -> None:
    """To sign in and to sign out; our page asks, and it is that page's button which counts."""
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.com"}
    requests = {"/authorize": {**AUTHORIZATION_REQUEST, **AS_GRAFANA}, "/logout": {"state": "x"}}
    for path, form in requests.items():
        async with snowflake.another_browser() as browser:
            answer = await browser.post(path, data=form, headers=headers)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith(f"{path}?posted=")
            again = await browser.get(answer.headers["location"], headers=headers)
            assert again.status_code in {200, 302}
    assert await is_signed_in(snowflake)


async def test_the_name_that_was_reached_is_ours_beside_the_issuer(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    hosts = {"issuer": ORIGIN, "allowed_hosts": ("id.example.com",)}
    async with keeping_sessions(settings, clock, discord, TELEVISION, **hosts) as snowflake:
        for host, origin, status in (
            ("id.example.com", "https://id.example.com", 200),
            # A proxy that sends its own name for us.
            ("localhost:8000", ORIGIN, 200),
            ("localhost:8000", "https://id.example.com", 403),
        ):
            headers, form = {"Host": host, "Origin": origin}, {"user_code": "x"}
            answer = await snowflake.browser.post("/device", data=form, headers=headers)
            assert answer.status_code == status


async def test_the_log_says_by_which_names_a_form_was_refused(
    snowflake: Snowflake,
) -> None:
    """So that whoever set up a proxy sees what it has made of the scheme or the port."""
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        await snowflake.browser.post("/device", headers={"Origin": f"{ORIGIN}:8443"})
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["origin"], line["ours"]) == (f"{ORIGIN}:8443", [ORIGIN])
