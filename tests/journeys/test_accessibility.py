"""axe-core over every page, narrow and wide, by day and by night."""

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from starlette.requests import Request

from snowflake.errors import Back, Denial, Refusal
from snowflake.oidc.answers import Posted
from snowflake.oidc.scopes import BUILT_IN
from snowflake.sandbox.demo import Sandbox
from snowflake.sandbox.demo import running as running_sandbox
from snowflake.web.device.entering import ONCE_MORE, UNKNOWN
from snowflake.web.form_post import posting_page
from snowflake.web.pages import denial_page
from snowflake.web.pages import page as page_of
from tests.journeys.chromium import (
    AXE,
    TELEPHONE,
    assert_accessible,
    assert_fits,
    choose,
    serve,
)
from tests.serving import missing

WIDE: ViewportSize = {"width": 1280, "height": 800}
#: A denial with all that it may have.
DENIAL = Denial(
    refusals=(
        Refusal("any_guild", "You have to be a member of The Lighthouse.", by_joining=True),
        Refusal("two_factor", "Your Discord account needs two-factor authentication."),
    ),
    application="Grafana",
    account="ada.lindqvist",
    another_account="https://snowflake.test/another",
    back=Back("https://snowflake.test/back"),
    invite="https://snowflake.test/invite",
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    # The logging of this process is not the sandbox's to configure.
    with patch("snowflake.sandbox.demo.configure_logs"), running_sandbox() as running:
        yield running


@pytest.fixture(params=["narrow-light", "narrow-dark", "wide-light", "wide-dark"])
def shown(page: Page, request: pytest.FixtureRequest) -> Page:
    """A tab on a telephone and on a desk, by day and by night."""
    if not AXE.exists():
        missing("axe-core")
    page.set_viewport_size(TELEPHONE if request.param.startswith("narrow") else WIDE)
    page.emulate_media(color_scheme="dark" if request.param.endswith("dark") else "light")
    return page


def look_at(page: Page) -> None:
    """See that a page can be read by everybody, and has all that is folded in it unfolded."""
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert_accessible(page)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert_accessible(page)
    if page.viewport_size == TELEPHONE:
        assert_fits(page)


def test_a_login_can_be_read_by_everybody(shown: Page, sandbox: Sandbox) -> None:
    shown.goto(sandbox.example)
    look_at(shown)
    shown.get_by_role("link", name="Sign in with Discord").click()
    look_at(shown)
    choose(shown, "noor_ibrahim")
    expect(shown.get_by_role("heading", level=1)).to_contain_text("نور")
    look_at(shown)


def test_linking_can_be_read_by_everybody(shown: Page, sandbox: Sandbox) -> None:
    shown.goto(sandbox.linked_role)
    choose(shown, "ada.lindqvist")
    look_at(shown)
    shown.locator("input[data-username='ada']").check()
    shown.get_by_role("button", name="Continue").click()
    expect(shown.get_by_role("heading", level=1)).to_have_text("You are linked")
    look_at(shown)
    shown.get_by_role("link", name="Unlink").click()
    look_at(shown)
    shown.get_by_role("button", name="Unlink").click()
    look_at(shown)


def test_whatever_went_wrong_can_be_read_by_everybody(shown: Page, sandbox: Sandbox) -> None:
    for address in (
        f"{sandbox.example}/callback?error=access_denied&state=none",
        f"{sandbox.discord}/oauth2/authorize?client_id=none",
        f"{sandbox.provider}/application/o/authorize/?client_id=none",
        f"{sandbox.snowflake}/unheard-of",
        f"{sandbox.snowflake}/authorize?client_id=1&{'x' * 500}=1",
        f"{sandbox.snowflake}/logout",
    ):
        shown.goto(address)
        look_at(shown)


def test_so_can_everything_about_somebodys_account_and_signing_out(
    shown: Page, sandbox: Sandbox
) -> None:
    shown.goto(sandbox.example)
    shown.get_by_role("link", name="Sign in with Discord").click()
    choose(shown, "ada.lindqvist")
    shown.wait_for_url(f"{sandbox.example}/result")
    shown.goto(str(sandbox.another))
    look_at(shown)
    shown.get_by_role("link", name="Sign in with Discord").click()
    shown.wait_for_url(f"{sandbox.another}/result")
    look_at(shown)
    shown.goto(f"{sandbox.snowflake}/account")
    expect(shown.get_by_role("heading", level=3)).to_have_count(2)
    look_at(shown)
    shown.get_by_role("button", name="Erase me").click()
    expect(shown.get_by_role("heading", level=1)).to_have_text("Erase what is kept about you?")
    look_at(shown)
    shown.goto(f"{sandbox.snowflake}/logout")
    expect(shown.get_by_role("heading", level=1)).to_have_text("Sign out?")
    look_at(shown)
    shown.get_by_role("button", name="Sign out").click()
    expect(shown.locator("iframe")).to_have_count(1)
    look_at(shown)
    shown.goto(f"{sandbox.snowflake}/consent?note=old")
    look_at(shown)


def test_so_can_pages_with_all_that_they_may_have(shown: Page) -> None:
    request = Request({"type": "http", "request_id": "0123456789abcdef"})
    application = {"client_id": "grafana", "last": "1 January 2026, 00:00 UTC"}
    learns = tuple(scope.tells for scope in BUILT_IN.values())
    account = page_of(
        "account.html",
        request,
        form=True,
        person="80351110224678912",
        since="1 January 2026, 00:00 UTC",
        applications=[
            {**application, "name": "Grafana", "learns": learns},
            {**application, "name": "Nextcloud", "client_id": "nextcloud", "learns": learns},
        ],
        allowed={"grafana"},
        platform="Example Society",
        unlink="/linked-role/unlink",
        account="ada.lindqvist",
        action="/account",
        note="note",
    )
    consent = page_of(
        "consent.html",
        request,
        form=True,
        application="Grafana",
        learns=learns,
        another_account="https://snowflake.test/another",
        account="ada.lindqvist",
        action="/account",
        note="note",
    )
    device = page_of(
        "device_asks.html",
        request,
        form=True,
        application="Television",
        learns=learns,
        another_account="https://snowflake.test/another",
        account="ada.lindqvist",
        code="BCDF-GHJK",
        address="2001:db8:1234:5678:9abc:def0:1234:5678",
        agent="Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 " + "x" * 60 + "…",
        action="/device",
        note="note",
    )
    faults = ("", UNKNOWN)
    entering = [
        page_of(
            "device.html",
            request,
            form=True,
            code=code,
            fault=fault,
            notice=None if fault else ONCE_MORE,
            action="/device",
        )
        for code in ("", "BCDF-GHJK")
        for fault in faults
    ]
    posted = Back("https://snowflake.test/callback", {"id_token": "e30", "state": "1"})
    refusal = denial_page(request, replace(DENIAL, back=posted))
    posting = posting_page(request, Posted(posted))
    # It would not stay to be looked at.
    shown.add_init_script("HTMLFormElement.prototype.submit = () => {}")
    for answer in (
        denial_page(request, DENIAL),
        refusal,
        posting,
        account,
        consent,
        device,
        *entering,
    ):
        headers = {"Content-Security-Policy": answer.headers["content-security-policy"]}
        serve(shown, bytes(answer.body), headers)
        shown.goto("https://snowflake.test/callback")
        look_at(shown)
