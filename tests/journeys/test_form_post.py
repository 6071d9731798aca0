"""Answers that the browser posts (OAuth 2.0 Form Post Response Mode 1.0), in Chromium."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from urllib.parse import parse_qsl

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.journeys.applications import PAGE, Application, Village, village
from tests.journeys.chromium import (
    TELEPHONE,
    assert_fits,
    choose,
    colours,
    tab_to,
    watched,
)
from tests.journeys.relying_party import Json, Secrets
from tests.journeys.visiting import cookies
from tests.journeys.world import ADA
from tests.store.places import place_on

#: Where nobody of the tests' is a member.
NOWHERE = "1"


@dataclass
class Posted(Application):
    """An application to which answers are posted: it shows what came, or leads on to ``onward``."""

    is_gated: bool = False
    onward: str = ""
    received: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """What answers at its origin."""
        posted = Route("/callback", self._posted, methods=["POST"])
        return Starlette(routes=[posted, *super().app.routes])

    def table(self) -> str:
        """Write it as it stands in a ``snowflake.toml``."""
        types = 'response_types = ["code", "id_token", "code id_token token"]\n'
        gate = f'[clients.access]\nany_guild = ["{NOWHERE}"]\n' if self.is_gated else ""
        return super().table() + types + gate

    @property
    def answer(self) -> dict[str, str]:
        """The one answer that has come."""
        [(_, answer)] = self.received
        return answer

    async def _posted(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        self.received.append((request.headers.get("origin", ""), form))
        if self.onward:
            return RedirectResponse(self.onward, 303)
        return HTMLResponse(PAGE.format(form.get("error", "in")))


@dataclass(frozen=True)
class Posting:
    """A Snowflake that posts its answers to two applications; one of them lets nobody in."""

    there: Village
    members: Posted
    gated: Posted

    def begin(self, application: Posted, login: Secrets, **further: str) -> str:
        """Answer where a login begins."""
        asked = {"response_type": "id_token", "response_mode": "form_post", **further}
        return self.there.party(application).begin(login, **asked)

    def claims(self, answer: dict[str, str], login: Secrets) -> Json:
        """Check an ID token of the front channel (OpenID Connect Core 1.0, 3.2.2.11, 3.3.2.11)."""
        origin = self.there.world.snowflake.origin
        assert answer["state"] == login.state
        assert answer["iss"] == origin
        keys = KeySet.import_key_set(
            self.there.world.http.get(f"{origin}/.well-known/jwks.json").json()
        )
        claims: Json = dict(jwt.decode(answer["id_token"], keys, ["RS256"]).claims)
        assert claims["iss"] == origin
        assert claims["nonce"] == login.nonce
        for name, tied in (("c_hash", "code"), ("at_hash", "access_token")):
            assert claims.get(name) == (_half(answer[tied]) if tied in answer else None)
        return claims


def _half(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posting]:
    directory = tmp_path_factory.mktemp("posting")
    members, gated = Posted("members"), Posted("gated", is_gated=True)
    with village(place_on("sqlite", directory), directory, members, gated) as started:
        yield Posting(started, members, gated)


@pytest.fixture
def posting(running: Posting) -> Posting:
    """Applications to which nothing has been posted yet."""
    for application in (running.members, running.gated):
        application.received.clear()
        application.onward = ""
    return running


@pytest.fixture
def without_scripts(chromium: Chromium) -> Iterator[Page]:
    """A tab of a browser that runs no scripts, in which the page stays."""
    with chromium.new_context(java_script_enabled=False) as context:
        yield watched(context, [])


def test_the_page_goes_on_by_itself(page: Page, posting: Posting) -> None:
    members, login = posting.members, Secrets()
    page.goto(posting.begin(members, login))
    choose(page, "ada.lindqvist")
    page.wait_for_url(f"{members.origin}/callback")
    expect(page).to_have_title("in")
    [(origin, answer)] = members.received
    # Of where it came from, it learns no more than the origin.
    assert origin == posting.there.world.snowflake.origin
    assert answer.keys() == {"id_token", "state", "iss"}
    assert posting.claims(answer, login)["sub"] == ADA
    # The page has left the cookies of a login.
    assert "snowflake-session" in cookies(page)


def test_a_code_and_tokens_that_are_posted_work(page: Page, posting: Posting) -> None:
    members, login = posting.members, Secrets()
    page.goto(posting.begin(members, login, response_type="code id_token token"))
    choose(page, "ada.lindqvist")
    page.wait_for_url(f"{members.origin}/callback")
    answer, party = members.answer, posting.there.party(members)
    claims = posting.claims(answer, login)
    later = party.redeem(login, answer["code"]).json()
    assert party.claims(later)["sub"] == claims["sub"] == party.userinfo(answer)["sub"] == ADA


def test_a_callback_may_lead_on_to_another_origin(page: Page, posting: Posting) -> None:
    members = posting.members
    members.onward = members.foreign
    page.goto(posting.begin(members, Secrets()))
    choose(page, "ada.lindqvist")
    # A policy that names the target of the form would end this here (and a complaint fails it).
    page.wait_for_url(members.foreign)
    assert "id_token" in members.answer


def test_the_page_leaves_nothing_behind_in_the_history(page: Page, posting: Posting) -> None:
    members = posting.members
    page.goto(posting.begin(members, Secrets()))
    choose(page, "ada.lindqvist")
    page.wait_for_url(f"{members.origin}/callback")
    # The tab's own empty page, Discord's, the application's: going back posts nothing again.
    assert page.evaluate("history.length") == 3


def test_without_scripts_one_button_goes_on(without_scripts: Page, posting: Posting) -> None:
    members, login, page = posting.members, Secrets(), without_scripts
    members.onward = members.foreign
    page.goto(posting.begin(members, login))
    choose(page, "ada.lindqvist")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are going on")
    assert members.received == []
    expect(page.get_by_role("button")).to_have_count(1)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(members.foreign)
    assert posting.claims(members.answer, login)["sub"] == ADA


def test_so_does_the_keyboard_on_a_telephone_by_day_and_by_night(
    without_scripts: Page, posting: Posting
) -> None:
    members, page = posting.members, without_scripts
    page.set_viewport_size(TELEPHONE)
    page.goto(posting.begin(members, Secrets()))
    choose(page, "ada.lindqvist")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        ground, ink = colours(page)
        assert (ground < ink) is (scheme == "dark")
        assert_fits(page)
    tab_to(page, "Continue")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{members.origin}/callback")
    assert "id_token" in members.answer


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_whoever_is_refused_is_led_back_by_a_form(
    chromium: Chromium, posting: Posting, scripts: bool
) -> None:
    gated, login = posting.gated, Secrets()
    gated.onward = gated.foreign
    complaints: list[str] = []
    with chromium.new_context(java_script_enabled=scripts) as context:
        page = watched(context, complaints)
        page.goto(posting.begin(gated, login))
        choose(page, "ada.lindqvist")
        expect(page.get_by_role("heading", level=1)).to_contain_text("You can't sign in to Gated")
        assert gated.received == []
        tab_to(page, "Back to Gated")
        page.keyboard.press("Enter")
        page.wait_for_url(gated.foreign)
    assert complaints == []
    answer = gated.answer
    assert (answer["error"], answer["state"]) == ("access_denied", login.state)


def test_whoever_cancels_at_discord_is_posted_back(page: Page, posting: Posting) -> None:
    members, login = posting.members, Secrets()
    page.goto(posting.begin(members, login))
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{members.origin}/callback")
    assert members.answer["error"] == "access_denied"
    assert members.answer["state"] == login.state


def test_a_frame_of_the_application_is_answered_in_silence(page: Page, posting: Posting) -> None:
    members, logins = posting.members, [Secrets(), Secrets(), Secrets()]
    _show_frame(page, members, posting.begin(members, logins[0], prompt="none"))
    assert members.received.pop()[1]["error"] == "login_required"
    page.goto(posting.begin(members, logins[1]))
    choose(page, "ada.lindqvist")
    page.wait_for_url(f"{members.origin}/callback")
    before = posting.claims(members.received.pop()[1], logins[1])
    _show_frame(page, members, posting.begin(members, logins[2], prompt="none"))
    after = posting.claims(members.answer, logins[2])
    assert (after["sub"], after["sid"]) == (before["sub"], before["sid"])


def test_nobody_else_may_frame_the_page(chromium: Chromium, posting: Posting) -> None:
    members, complaints = posting.members, list[str]()
    with chromium.new_context() as context:
        page = watched(context, complaints)
        wiki = posting.there.wiki
        wiki.shown = _frame(posting.begin(members, Secrets(), prompt="none"))
        with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
            page.goto(f"{wiki.origin}/page")
    assert members.received == []


def _frame(url: str) -> str:
    return f'<iframe src="{escape(url)}" title="silent"></iframe>'


def _show_frame(page: Page, application: Posted, url: str) -> None:
    """Open a page of an application with a frame, and wait until that has been posted to it."""
    application.shown = _frame(url)
    page.goto(f"{application.origin}/page")
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible()
    frame = page.frames[1]
    frame.wait_for_url(f"{application.origin}/callback")
