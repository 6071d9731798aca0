"""What tests do in Chromium, and what they look for there."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, ViewportSize

from snowflake.web.pages import SECURITY_HEADERS

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TELEPHONE: ViewportSize = {"width": 360, "height": 740}
#: How Chromium notes that a page itself has an error status, which is what error pages are for.
STATUS_OF_THE_PAGE = "Failed to load resource: the server responded with a status of"


def watched(context: BrowserContext, complaints: list[str]) -> Page:
    """Open a tab whose complaints are kept; what its policy forbids is among them."""

    def keep(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and STATUS_OF_THE_PAGE not in message.text:
            complaints.append(message.text)

    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", keep)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def choose(page: Page, username: str) -> None:
    page.locator(f"input[data-username='{username}']").check()
    page.get_by_role("button", name="Authorize").click()


def tab_to(page: Page, text: str) -> None:
    """Press Tab until something with this text has the focus, and see that it shows."""
    focused = page.locator(":focus")
    for _ in range(10):
        page.keyboard.press("Tab")
        if focused.count() and focused.inner_text() == text:
            outline = focused.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", f"nobody sees that {text!r} has the focus"
            return
    pytest.fail(f"{text!r} cannot be reached with Tab")


def assert_fits(page: Page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= TELEPHONE["width"], f"{page.url} is {width} wide"


def colours(page: Page) -> tuple[float, float]:
    """Answer how bright the ground and the text of a page are, 0 to 255."""
    ground, ink = page.evaluate(
        """() => ["backgroundColor", "color"].map(name => {
            const style = getComputedStyle(document.body)[name];
            const channels = style.match(/[0-9.]+/g).slice(0, 3).map(Number);
            return (channels[0] + channels[1] + channels[2]) / 3;
        })"""
    )
    return ground, ink


def serve(page: Page, body: bytes, headers: dict[str, str]) -> None:
    """Let every address of the tests show a page."""
    known = {**SECURITY_HEADERS, **headers, "Content-Type": "text/html; charset=utf-8"}
    page.unroute_all()
    page.route("https://snowflake.test/**", lambda route: route.fulfill(body=body, headers=known))


#: axe-core, as .ci/run installs it with the other packages for Node.
AXE = Path(__file__).parents[1] / "clients/node/node_modules/axe-core/axe.min.js"


def assert_accessible(page: Page) -> None:
    """See that axe-core finds nothing against the page that is shown, best practices among it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        """() => axe.run().then(({violations}) => violations.flatMap(
            rule => rule.nodes.map(node => `${rule.id}: ${node.failureSummary} ${node.html}`)))"""
    )
    assert not found, "\n".join([page.url, *found])
