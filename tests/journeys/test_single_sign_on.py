"""One login for two applications and one logout of both, in Chromium, with two workers."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.journeys.applications import Village, form_to, village
from tests.journeys.chromium import TELEPHONE, assert_fits, choose, colours, tab_to, watched
from tests.journeys.relying_party import Secrets
from tests.journeys.visiting import cookies, enter, silently
from tests.journeys.world import ADA
from tests.store.places import ENGINES, place_on

HERMIT = "hermit"


@pytest.fixture(scope="module", params=ENGINES)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Village]:
    directory = tmp_path_factory.mktemp("village")
    with village(place_on(request.param, directory), directory) as started:
        yield started


@pytest.fixture
def there(running: Village) -> Village:
    """Two applications that nobody has told of a logout yet."""
    running.wiki.told.clear()
    running.wiki.hangs = False
    return running


def test_one_login_and_one_logout_serve_both_applications(page: Page, there: Village) -> None:
    wiki, of_wiki = enter(page, there, there.wiki, "ada.lindqvist")
    grafana, of_grafana = enter(page, there, there.grafana)
    assert of_wiki["sub"] == of_grafana["sub"] == ADA
    assert of_wiki["auth_time"] == of_grafana["auth_time"]
    assert of_wiki["sid"] != of_grafana["sid"]
    page.goto(there.logout(there.grafana, grafana, state="of-mine"))
    # The page of the wiki's frame is over soon, and then it goes on by itself.
    page.wait_for_url(f"{there.grafana.origin}/goodbye?state=of-mine")
    [told] = there.wiki.told
    origin = there.world.snowflake.origin
    assert told == {"kept": "1", "iss": origin, "sid": of_wiki["sid"]}
    assert there.wiki.cookie not in cookies(page)
    assert there.grafana.cookie in cookies(page)
    for application, tokens in ((there.wiki, wiki), (there.grafana, grafana)):
        assert not there.is_alive(tokens)
        assert silently(page, there, application) == "login_required"


@contextmanager
def without_scripts(chromium: Chromium) -> Iterator[Page]:
    complaints: list[str] = []
    with chromium.new_context(java_script_enabled=False) as context:
        yield watched(context, complaints)


def test_without_scripts_a_link_leads_on(chromium: Chromium, there: Village) -> None:
    with without_scripts(chromium) as page:
        tokens, _ = enter(page, there, there.wiki, "ada.lindqvist")
        page.goto(there.logout(there.wiki, tokens))
        expect(page.get_by_role("heading", level=1)).to_have_text("You have signed out")
        assert there.wiki.cookie not in cookies(page)
        page.get_by_role("link", name="Back to Wiki").click()
        page.wait_for_url(f"{there.wiki.origin}/goodbye")


def test_a_frame_that_never_loads_holds_nobody_for_longer_than_five_seconds(
    page: Page, there: Village
) -> None:
    tokens, _ = enter(page, there, there.wiki, "ada.lindqvist")
    there.wiki.hangs = True
    page.clock.install()
    page.goto(there.logout(there.wiki, tokens), wait_until="commit")
    expect(page.get_by_role("heading", level=1)).to_have_text("You have signed out")
    page.clock.run_for(4900)
    assert page.url.startswith(f"{there.world.snowflake.origin}/logout")
    page.clock.run_for(100)
    page.wait_for_url(f"{there.wiki.origin}/goodbye")


@pytest.mark.parametrize("site", ["foreign", "neighbour"])
def test_a_picture_on_a_page_of_somebody_else_signs_nobody_out(
    page: Page, there: Village, site: str
) -> None:
    tokens, _ = enter(page, there, there.wiki, "ada.lindqvist")
    address = there.logout(there.wiki)
    over = "document.title = 'The picture is over'"
    there.grafana.shown = f'<img src="{escape(address)}" onerror="{over}" alt="a cat">'
    # The cookie travels with the second one, which is of our site.
    page.goto(there.grafana.foreign if site == "foreign" else f"{there.grafana.origin}/page")
    expect(page).to_have_title("The picture is over")
    # Nor does a link that somebody follows: it asks.
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign out?")
    assert there.is_alive(tokens)
    assert silently(page, there, there.grafana) is None


def test_a_form_on_a_page_of_another_site_finds_the_session(page: Page, there: Village) -> None:
    tokens, _ = enter(page, there, there.wiki, "ada.lindqvist")
    login = Secrets()
    there.grafana.shown = form_to(there.party(there.grafana).begin(login, prompt="none"))
    page.goto(there.grafana.foreign)
    page.wait_for_url(f"{there.grafana.origin}/callback?*")
    _, claims = there.tokens(there.grafana, login, page.url)
    assert claims["sub"] == ADA
    there.grafana.shown = form_to(there.logout(there.wiki, tokens))
    page.goto(there.grafana.foreign)
    page.wait_for_url(f"{there.wiki.origin}/goodbye")
    assert not there.is_alive(tokens)
    assert silently(page, there, there.wiki) == "login_required"


def test_a_form_without_a_hint_is_asked_about(page: Page, there: Village) -> None:
    tokens, _ = enter(page, there, there.wiki, "ada.lindqvist")
    there.grafana.shown = form_to(there.logout(there.wiki))
    page.goto(there.grafana.foreign)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign out?")
    assert there.is_alive(tokens)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{there.wiki.origin}/goodbye")
    assert not there.is_alive(tokens)


def test_the_question_leads_back_where_no_page_comes_between(page: Page, there: Village) -> None:
    tokens, _ = enter(page, there, there.grafana, "ada.lindqvist")
    page.goto(there.logout(there.grafana))
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{there.grafana.origin}/goodbye")
    assert not there.is_alive(tokens)


def test_of_two_people_in_two_tabs_the_last_one_is_signed_in(page: Page, there: Village) -> None:
    other = page.context.new_page()
    logins = Secrets(), Secrets()
    page.goto(there.party(there.wiki).begin(logins[0]))
    other.goto(there.party(there.grafana).begin(logins[1]))
    choose(page, "ada.lindqvist")
    page.wait_for_url(f"{there.wiki.origin}/callback?*")
    of_ada, ada = there.tokens(there.wiki, logins[0], page.url)
    assert there.is_alive(of_ada)
    choose(other, HERMIT)
    other.wait_for_url(f"{there.grafana.origin}/callback?*")
    of_hermit, hermit = there.tokens(there.grafana, logins[1], other.url)
    assert ada["sub"] == ADA != hermit["sub"]
    assert (there.is_alive(of_ada), there.is_alive(of_hermit)) == (False, True)
    _, claims = enter(page, there, there.wiki)
    assert claims["sub"] == hermit["sub"]


def test_what_is_asked_of_one_person_is_not_done_to_another(page: Page, there: Village) -> None:
    enter(page, there, there.wiki, "ada.lindqvist")
    page.goto(there.logout(there.wiki))
    expect(page.locator("strong")).to_have_text("ada.lindqvist")
    other = page.context.new_page()
    login = Secrets()
    other.goto(there.party(there.wiki).begin(login, prompt="select_account"))
    choose(other, HERMIT)
    other.wait_for_url(f"{there.wiki.origin}/callback?*")
    tokens, _ = there.tokens(there.wiki, login, other.url)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign out?")
    expect(page.locator("strong")).to_have_text(HERMIT)
    assert there.is_alive(tokens)


def test_of_two_cookies_of_one_name_neither_counts(page: Page, there: Village) -> None:
    enter(page, there, there.wiki, "ada.lindqvist")
    context = page.context
    [session] = [each for each in context.cookies() if each["name"] == "snowflake-session"]
    context.add_cookies(
        [
            {
                "name": "snowflake-session",
                "value": "planted",
                "domain": session["domain"],
                "path": "/authorize",
            }
        ]
    )
    assert silently(page, there, there.grafana) == "login_required"


def test_the_question_is_answered_by_keyboard_on_a_telephone_at_night(
    page: Page, there: Village
) -> None:
    enter(page, there, there.wiki, "ada.lindqvist")
    page.set_viewport_size(TELEPHONE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(there.logout(there.wiki))
        assert_fits(page)
        ground, ink = colours(page)
        assert (ground < ink) is (scheme == "dark")
    tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{there.wiki.origin}/goodbye")
    assert silently(page, there, there.wiki) == "login_required"
