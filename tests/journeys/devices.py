"""What a person does in their browser for a device that has none."""

from urllib.parse import urljoin

import httpx

from snowflake.sandbox.forms import Form
from tests.journeys.browser import Browser


def allow(browser: Browser, address: str, person: str) -> None:
    """Go to where a code leads, sign in, and let the device do so too."""
    page = answer(browser, address, person, "Allow")
    assert "The device may sign in" in page.text, page.text


def deny(browser: Browser, address: str, person: str) -> None:
    """Go to where a code leads, sign in, and tell the device that it may not."""
    page = answer(browser, address, person, "Deny")
    assert "The device may not sign in" in page.text, page.text


def answer(browser: Browser, address: str, person: str, button: str) -> httpx.Response:
    """Answer the page that comes after a button of the question."""
    page = press(browser, browser.open(address), "Go on")
    if Form(page.text).people:
        page = browser.allow(page, person)
    return press(browser, page, button)


def press(browser: Browser, page: httpx.Response, button: str) -> httpx.Response:
    """Answer the page that comes after a button of a page's form."""
    form = Form(page.text)
    assert button in form.buttons, page.text
    return browser.submit(urljoin(str(page.url), form.action), form.pressed(button))
