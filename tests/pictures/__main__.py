"""Take the pictures: of the sandbox's pages in Chromium, and the diagram of one login."""

from pathlib import Path
from unittest.mock import patch

from playwright.sync_api import Page, sync_playwright
from starlette.requests import Request

from snowflake.errors import Back, Denial, Refusal
from snowflake.sandbox.demo import Sandbox, running
from snowflake.web.pages import denial_page
from tests.journeys.chromium import ARGUMENTS, choose, serve
from tests.pictures import PICTURES
from tests.pictures.diagram import login
from tests.serving import program

DENIAL = Denial(
    refusals=(Refusal("any_guild", "You have to be a member of The Lighthouse.", by_joining=True),),
    application="Grafana",
    account="ada.lindqvist",
    another_account="https://snowflake.test/another",
    back=Back("https://snowflake.test/back"),
    invite="https://snowflake.test/invite",
)


def main() -> None:
    """Write all of them over those of before."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "login.svg").write_text(login(), "utf-8")
    with (
        patch("snowflake.sandbox.demo.configure_logs"),
        running() as sandbox,
        sync_playwright() as playwright,
    ):
        executable = Path(program("chromium"))
        chromium = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        page = chromium.new_page(viewport={"width": 720, "height": 600}, color_scheme="light")
        take_sandbox(page, sandbox)
        take_television(page, sandbox)
        take_linked(page, sandbox)
        take_denial(page)
        chromium.close()


def take_sandbox(page: Page, sandbox: Sandbox) -> None:
    """Take what the example application shows after a login."""
    page.goto(sandbox.example)
    page.get_by_role("link", name="Sign in with Discord").click()
    choose(page, "ada.lindqvist")
    page.wait_for_url(f"{sandbox.example}/result")
    take(page, "sandbox")


def take_television(page: Page, sandbox: Sandbox) -> None:
    """Take the code that the television shows."""
    page.goto(f"{sandbox.television}/login")
    page.get_by_role("heading", name="Sign in on another device").wait_for()
    take(page, "television")


def take_linked(page: Page, sandbox: Sandbox) -> None:
    """Take the page on which somebody reads what Discord knows of their other account."""
    page.goto(sandbox.linked_role)
    choose(page, "ada.lindqvist")
    page.locator("input[data-username='ada']").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="You are linked").wait_for()
    take(page, "linked")


def take_denial(page: Page) -> None:
    """Take the page on which somebody reads why they may not sign in."""
    answer = denial_page(Request({"type": "http", "request_id": "0123456789abcdef"}), DENIAL)
    headers = {"Content-Security-Policy": answer.headers["content-security-policy"]}
    serve(page, bytes(answer.body), headers)
    page.goto("https://snowflake.test/callback")
    take(page, "denial")


def take(page: Page, name: str) -> None:
    """Save what is in sight."""
    page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
