"""Forms that somebody else's page sends to Snowflake over HTTPS, in Chromium."""

from html import escape

import pytest
from playwright.sync_api import Page

from tests.journeys.world import ADA
from tests.proxies.neighbours import ELSEWHERE, EVIL, ORIGIN, Site

ACCOUNT = f"{ORIGIN}/account"


def note_on(page: Page) -> str:
    page.goto(ACCOUNT)
    return page.locator("input[name=note]").last.input_value()


@pytest.mark.parametrize("policy", ["unsafe-url", "no-referrer"])
@pytest.mark.parametrize("host", [EVIL, ELSEWHERE])
def test_a_form_of_somebody_else_changes_nothing(site: Site, host: str, policy: str) -> None:
    """Though it has got hold of the note, and the neighbour's brings the cookies along."""
    with site.tab() as page:
        assert site.enter(page, "ada.lindqvist") == ADA
        fields = {"note": note_on(page), "action": "sign-out-everywhere"}
        inputs = "".join(f"<input name={name} value={escape(fields[name])!r}>" for name in fields)
        site.subdomain.shown = (
            f"<meta name=referrer content={policy}>"
            f"<form method=post action={ACCOUNT}>{inputs}<button>Win a prize</button></form>"
        )
        page.goto(f"https://{host}/")
        with page.expect_request(ACCOUNT) as posted:
            page.get_by_role("button").click()
        brings = "__Host-snowflake-session" in posted.value.all_headers().get("cookie", "")
        assert brings is (host == EVIL)
        assert page.get_by_role("heading").first.inner_text() == "Nothing has changed"
        assert site.enter(page, prompt="none") == ADA


def test_a_form_of_ours_does_what_it_says_and_may_be_loaded_again(site: Site) -> None:
    with site.tab() as page:
        assert site.enter(page, "ada.lindqvist") == ADA
        page.goto(ACCOUNT)
        for again in (False, True):
            if again:
                page.reload()
            else:
                page.get_by_role("button", name="Sign out of everything").click()
            heading = page.get_by_role("heading").first.inner_text()
            assert heading.startswith("You are not" if again else "You have signed out")
        assert site.enter(page, prompt="none") is None
