"""The sandbox's television in Chromium: a code on its screen, a person in another browser."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, ViewportSize, expect

from snowflake.sandbox.demo import Sandbox
from snowflake.sandbox.demo import running as running_sandbox
from tests.journeys.chromium import AXE, TELEPHONE, choose, tab_to, watched
from tests.journeys.test_accessibility import look_at
from tests.serving import missing

WIDE: ViewportSize = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    # The logging of this process is not the sandbox's to configure.
    with patch("snowflake.sandbox.demo.configure_logs"), running_sandbox() as running:
        yield running


@pytest.fixture
def person(chromium: Chromium) -> Iterator[Page]:
    """A tab of the browser in which somebody allows it, or not."""
    complaints: list[str] = []
    with chromium.new_context() as context:
        yield watched(context, complaints)
    assert complaints == []


def answer(person: Page, screen: Page, button: str) -> None:
    """Enter the code that the screen shows, sign in, and press a button."""
    code = screen.locator(".user-code").inner_text()
    person.goto(screen.locator(".address").inner_text())
    person.get_by_role("textbox").fill(code.lower().replace("-", " "))
    person.keyboard.press("Enter")
    choose(person, "ada.lindqvist")
    person.get_by_role("button", name=button).click()


def test_who_allows_it_is_signed_in_on_the_screen(
    page: Page, person: Page, sandbox: Sandbox
) -> None:
    page.goto(sandbox.example)
    page.get_by_role("link", name="a television").click()
    page.get_by_role("link", name="Sign in").click()
    answer(person, page, "Allow")
    # Nobody touches the screen.
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lindqvist")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in without a keyboard")


def test_who_denies_it_can_begin_again(page: Page, person: Page, sandbox: Sandbox) -> None:
    page.goto(f"{sandbox.television}/login")
    answer(person, page, "Deny")
    expect(page.get_by_role("alert")).to_contain_text("was not allowed")
    page.get_by_role("link", name="Sign in again").click()
    expect(page.locator(".user-code")).to_be_visible()


def test_all_of_it_can_be_done_with_a_keyboard(page: Page, sandbox: Sandbox) -> None:
    page.goto(str(sandbox.television))
    tab_to(page, "Sign in")
    page.keyboard.press("Enter")
    page.wait_for_url("**/code")
    tab_to(page, "Open it in this browser")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    opened.value.wait_for_load_state()
    assert opened.value.url.startswith(f"{sandbox.snowflake}/device?")
    tab_to(page, "Show a new code")
    before = page.locator(".user-code").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".user-code")).not_to_have_text(before)


@pytest.mark.parametrize("size", [TELEPHONE, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_everybody(
    page: Page, sandbox: Sandbox, size: ViewportSize, scheme: str
) -> None:
    if not AXE.exists():
        missing("axe-core")
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(str(sandbox.television))
    look_at(page)
    page.get_by_role("link", name="Sign in").click()
    expect(page.locator(".user-code")).to_be_visible()
    look_at(page)


def test_it_goes_on_without_scripts(chromium: Chromium, person: Page, sandbox: Sandbox) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        screen = context.new_page()
        screen.goto(f"{sandbox.television}/login")
        answer(person, screen, "Allow")
        expect(screen.get_by_role("heading", level=1)).to_have_text("Ada Lindqvist", timeout=15_000)
