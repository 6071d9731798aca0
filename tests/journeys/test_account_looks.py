"""The page of the account with names that strangers may choose, in Chromium."""

from types import SimpleNamespace
from typing import Literal

import pytest
from playwright.sync_api import Page
from starlette.requests import Request

from snowflake.settings import Settings
from snowflake.web.accent import READABLE
from snowflake.web.pages import page as page_of
from tests.journeys.chromium import TELEPHONE, assert_fits, serve, tab_to
from tests.journeys.test_looks import NAMES, contrast_of


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_read_on_a_telephone_and_used_by_keyboard(
    page: Page, name: str, scheme: Literal["light", "dark"]
) -> None:
    app = SimpleNamespace(state=SimpleNamespace(snowflake=SimpleNamespace(settings=Settings())))
    shown = page_of(
        "account.html",
        Request({"type": "http", "app": app}),
        form=True,
        account=name,
        person="80351110224678912",
        since="1 January 2026, 00:00 UTC",
        applications=[{"name": name, "client_id": "a", "last": "today", "learns": ("A name.",)}],
        allowed={"a"},
        platform=name,
        unlink="/linked-role/unlink",
        action="/account",
        note="n" * 400,
    )
    page.set_viewport_size(TELEPHONE)
    page.emulate_media(color_scheme=scheme)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    policy = shown.headers["content-security-policy"]
    serve(page, bytes(shown.body), {"Content-Security-Policy": policy})
    page.goto("https://snowflake.test/account")
    assert_fits(page)
    for selector in (".button:not(.plain)", ".button.plain", ".button.danger"):
        assert contrast_of(page, selector) >= READABLE
    for text in ("Unlink", "Sign out of everything", "Erase me"):
        tab_to(page, text)
