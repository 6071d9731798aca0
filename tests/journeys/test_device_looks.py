"""The pages of devices with names and words that strangers may choose, in Chromium."""

from types import SimpleNamespace
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, Response, expect
from starlette.requests import Request
from starlette.responses import Response as Answer

from snowflake.settings import Settings
from snowflake.web.accent import READABLE
from snowflake.web.device.entering import UNKNOWN
from snowflake.web.pages import page as page_of
from tests.journeys.chromium import TELEPHONE, assert_fits, serve, tab_to
from tests.journeys.test_looks import NAMES, contrast_of

AGENTS = ("Telly/4.2", "<img src=x onerror=alert(1)>", "x" * 121, "\u202eevil")


def shown(template: str, **context: Any) -> Answer:  # whatever a template takes
    app = SimpleNamespace(state=SimpleNamespace(snowflake=SimpleNamespace(settings=Settings())))
    request = Request({"type": "http", "app": app})
    return page_of(template, request, form=True, action="/device", **context)


def visit(page: Page, answer: Answer, scheme: Literal["light", "dark"]) -> Response | None:
    page.set_viewport_size(TELEPHONE)
    page.emulate_media(color_scheme=scheme)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    policy = answer.headers["content-security-policy"]
    serve(page, bytes(answer.body), {"Content-Security-Policy": policy})
    return page.goto("https://snowflake.test/device")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "agent"), list(zip(NAMES, AGENTS * len(NAMES), strict=False)))
def test_the_question_can_be_read_on_a_telephone_and_answered_by_keyboard(
    page: Page, name: str, agent: str, scheme: Literal["light", "dark"]
) -> None:
    answer = shown(
        "device_asks.html",
        application=name,
        account=name,
        code="BCDF-GHJK",
        address="2001:db8:1234:5678:9abc:def0:1234:5678",
        agent=agent,
        learns=("A name.",),
        another_account="https://snowflake.test/another",
        note="n" * 400,
    )
    visit(page, answer, scheme)
    assert_fits(page)
    expect(page.get_by_text("BCDF-GHJK")).to_be_visible()
    for selector in (".button:not(.plain)", ".button.plain", ".notice"):
        assert contrast_of(page, selector) >= READABLE
    for text in ("Allow", "Deny", "Not you? Use another account"):
        tab_to(page, text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_code_is_typed_without_a_mouse(page: Page, scheme: Literal["light", "dark"]) -> None:
    visit(page, shown("device.html", code="", fault=UNKNOWN, notice=None), scheme)
    assert_fits(page)
    for selector in (".button", ".notice"):
        assert contrast_of(page, selector) >= READABLE
    field = page.get_by_label("Code")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(UNKNOWN)
    page.keyboard.type("bcdf ghjk")
    with page.expect_request("https://snowflake.test/device") as sent:
        page.keyboard.press("Enter")
    assert sent.value.post_data == "user_code=bcdf+ghjk"
