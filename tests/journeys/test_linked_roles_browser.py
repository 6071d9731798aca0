"""Linked roles in Chromium, in the sandbox: clicked, by keyboard, on a telephone, at night."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from playwright.sync_api import Locator, Page, expect

from snowflake.sandbox.demo import Sandbox
from snowflake.sandbox.demo import running as running_sandbox
from tests.journeys.chromium import TELEPHONE, assert_fits, choose, colours, tab_to


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    # The logging of this process is not the sandbox's to configure.
    with patch("snowflake.sandbox.demo.configure_logs"), running_sandbox() as running:
        yield running


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def sign_in(page: Page, username: str) -> None:
    """Say on the provider's page who one is."""
    page.locator(f"input[data-username='{username}']").check()
    page.get_by_role("button", name="Continue").click()


def link(page: Page, sandbox: Sandbox, person: str, username: str) -> None:
    page.goto(sandbox.linked_role)
    choose(page, person)
    sign_in(page, username)
    expect(heading(page)).to_have_text("You are linked")


def values(page: Page) -> dict[str, str]:
    """Read what the page says that Discord knows."""
    names, said = page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts()
    return dict(zip(names, said, strict=True))


def test_linking_and_unlinking_are_clicked_through(page: Page, sandbox: Sandbox) -> None:
    link(page, sandbox, "ada.lindqvist", "ada")
    assert values(page) == {
        "Member": "yes",
        "Owes fees": "no",
        "Events": "41",
        "Member since": "1 April 2019",
        "Joined": "1 April 2019",
    }
    back = page.get_by_role("link", name="Back to Discord")
    expect(back).to_have_attribute("href", "https://discord.com/channels/@me")
    page.get_by_role("link", name="Unlink").click()
    expect(heading(page)).to_have_text("Unlink your account?")
    page.get_by_role("button", name="Unlink").click()
    expect(heading(page)).to_have_text("You have unlinked your account")


def test_whoever_cancels_at_discord_starts_again(page: Page, sandbox: Sandbox) -> None:
    page.goto(sandbox.linked_role)
    page.get_by_role("button", name="Cancel").click()
    expect(heading(page)).to_have_text("You have cancelled")
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()


def test_whoever_cancels_at_the_provider_starts_again(page: Page, sandbox: Sandbox) -> None:
    page.goto(sandbox.linked_role)
    choose(page, "hermit")
    page.get_by_role("button", name="Cancel").click()
    expect(heading(page)).to_have_text("You have cancelled")
    # Discord asks no second time.
    page.get_by_role("link", name="Start again").click()
    sign_in(page, "guest-17")
    expect(heading(page)).to_have_text("You are linked")
    assert values(page)["Member since"] == "not known"


def test_a_keyboard_is_enough_on_a_telephone_at_night(page: Page, sandbox: Sandbox) -> None:
    page.set_viewport_size(TELEPHONE)
    page.emulate_media(color_scheme="dark")
    page.goto(sandbox.linked_role)
    tab_to(page, "Authorize")
    page.keyboard.press("Enter")
    expect(heading(page)).to_contain_text("Sign in to")
    assert_reads(page)
    tab_to(page, "Continue")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("You are linked")
    assert_reads(page)
    tab_to(page, "Unlink")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Unlink your account?")
    assert_reads(page)
    tab_to(page, "Unlink")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("You have unlinked your account")
    assert_reads(page)


def assert_reads(page: Page) -> None:
    """All of a page is on the telephone, light on dark."""
    assert_fits(page)
    ground, ink = colours(page)
    assert ground < ink
