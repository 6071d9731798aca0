"""Pages as operators may have them look, with names that strangers may choose, in Chromium."""

from types import SimpleNamespace
from typing import Literal

import pytest
from playwright.sync_api import Page
from starlette.requests import Request

from snowflake.errors import Back, LoginExpired, Ways
from snowflake.settings import Settings
from snowflake.settings.tables.pages import PagesTable, picture
from snowflake.web.accent import READABLE, contrast
from snowflake.web.pages import Message, error_page, links_of
from tests.journeys.chromium import TELEPHONE, assert_fits, serve, tab_to

#: A picture that would do something, if it were anything but a picture.
SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script>
<circle cx="4" cy="4" r="4" onload="alert(2)"/><image href="https://evil.example.com/"/></svg>"""
#: Looks as an operator may give them, with names that strangers would choose.
LOOKS = {
    "none": PagesTable(),
    "usual": PagesTable(
        name="Birds Login", logo=picture(SVG), contact="help@example.com", accent="#ffcc00"
    ),
    "odd": PagesTable(
        name="<b>" + "B" * 97,
        logo=picture(SVG),
        contact=f"https://help.example.com/{'a' * 200}",
        accent="#000",
    ),
}
#: What applications and people may be called.
NAMES = ("Grafana", "N" * 100, "<script>alert(1)</script>", "\u0645\u0631\u062d\u0628\u0627 " * 16)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whatever_things_are_called_a_page_can_be_read_on_a_telephone(
    page: Page, look: str, scheme: Literal["light", "dark"]
) -> None:
    settings = Settings(pages=LOOKS[look])
    app = SimpleNamespace(state=SimpleNamespace(snowflake=SimpleNamespace(settings=settings)))
    message = Message(LoginExpired.title, LoginExpired.explanation, LoginExpired.advice)
    page.set_viewport_size(TELEPHONE)
    page.emulate_media(color_scheme=scheme)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for name in NAMES:
        request = Request({"type": "http", "app": app, "request_id": "0123456789abcdef"})
        back = Back("https://snowflake.test/back")
        ways = Ways(name, back, "https://snowflake.test/again")
        shown = error_page(request, message, status=400, links=links_of(ways))
        headers = {"Content-Security-Policy": shown.headers["content-security-policy"]}
        serve(page, bytes(shown.body), headers)
        page.goto("https://snowflake.test/callback")
        assert_fits(page)
        assert contrast_of(page, "nav .button:not(.plain)") >= READABLE
        assert contrast_of(page, "nav .plain") >= READABLE
        for text, place in (
            ("Sign in again", ways.again),
            (f"Back to {name}".strip(), back.uri),
        ):
            tab_to(page, text)
            page.keyboard.press("Enter")
            page.wait_for_url(str(place))


def contrast_of(page: Page, selector: str) -> float:
    """Answer the contrast of something with what is behind it."""
    ink, ground = page.eval_on_selector(
        selector,
        """element => {
            const behind = node => {
                const colour = getComputedStyle(node).backgroundColor;
                const clear = colour === "rgba(0, 0, 0, 0)";
                return clear ? behind(node.parentElement) : colour;
            };
            const hex = colour => "#" + colour.match(/[0-9.]+/g).slice(0, 3)
                .map(channel => Number(channel).toString(16).padStart(2, "0")).join("");
            return [hex(getComputedStyle(element).color), hex(behind(element))];
        }""",
    )
    return contrast(ink, ground)
