"""What people do in Chromium at the applications of the village."""

from playwright.sync_api import Page

from tests.journeys.applications import Application, Village
from tests.journeys.browser import parameters
from tests.journeys.chromium import choose
from tests.journeys.relying_party import Json, Secrets


def enter(page: Page, there: Village, application: Application, who: str = "") -> tuple[Json, Json]:
    """Sign in, at Discord's page if somebody is named, else without any page."""
    login = Secrets()
    page.goto(there.party(application).begin(login))
    if who:
        choose(page, who)
    return arrived(page, there, application, login)


def arrived(
    page: Page, there: Village, application: Application, login: Secrets
) -> tuple[Json, Json]:
    """Wait until a login is back at its application; answer tokens and checked claims."""
    page.wait_for_url(f"{application.origin}/callback?*")
    return there.tokens(application, login, page.url)


def silently(page: Page, there: Village, application: Application) -> str | None:
    """Ask without a page whether somebody is signed in, and answer the error if not."""
    page.goto(there.party(application).begin(Secrets(), prompt="none"))
    assert page.url.startswith(f"{application.origin}/callback?"), page.url
    return parameters(page.url).get("error")


def cookies(page: Page) -> set[str]:
    return {cookie.get("name", "") for cookie in page.context.cookies()}
