"""A person's own page and the page that asks for consent, in Chromium, with two workers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.journeys.applications import Application, Village, village
from tests.journeys.browser import parameters
from tests.journeys.chromium import TELEPHONE, assert_fits, choose, tab_to, watched
from tests.journeys.linked import PLATFORM, LinkedWorld, linked_world
from tests.journeys.relying_party import Secrets
from tests.journeys.visiting import arrived, cookies, enter, silently
from tests.journeys.world import ADA
from tests.store.places import ENGINES, SECRET, Place, place_on

WHO = "ada.lindqvist"


class Town(NamedTuple):
    """The village with two more applications: one asks for consent once, one always."""

    village: Village
    diary: Application
    vault: Application

    @property
    def account(self) -> str:
        return f"{self.village.world.snowflake.origin}/account"


@pytest.fixture(scope="module", params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return place_on(request.param, tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def town(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    diary, vault = Application("diary", consent="once"), Application("vault", consent="always")
    with village(place, tmp_path_factory.mktemp("town"), diary, vault) as started:
        yield Town(started, diary, vault)


@pytest.fixture
def there(town: Town) -> Iterator[Village]:
    """An application that nobody has told of a logout, and at the end nothing of anybody."""
    town.village.wiki.told.clear()
    yield town.village
    # What one test has left is on the page of the next.
    for table in ("consents", "grants", "sessions"):
        town.village.place.run(f"DELETE FROM {table}")  # noqa: S608


@pytest.fixture
def second(chromium: Chromium) -> Iterator[Page]:
    """A tab of another browser."""
    complaints: list[str] = []
    with chromium.new_context() as context:
        yield watched(context, complaints)
    assert complaints == []


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def expect_heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def expect_applications(page: Page, *names: str) -> None:
    expect_heading(page, "Your account")
    expect(page.get_by_role("listitem").get_by_role("heading", level=3)).to_have_text(names)


def is_asked(page: Page, there: Village, application: Application, **further: str) -> Secrets:
    """Begin a login of somebody who is signed in, and see it come to the page for consent."""
    login = Secrets()
    page.goto(there.party(application).begin(login, **further))
    expect_heading(page, f"Allow {application.name.title()}?")
    return login


def test_whoever_comes_without_a_session_signs_in_at_discord(page: Page, town: Town) -> None:
    page.goto(town.account)
    choose(page, WHO)
    page.wait_for_url(town.account)
    expect_applications(page)
    expect(page.locator("strong")).to_have_text(WHO)
    expect(page.locator("code")).to_have_text(ADA)


def test_one_application_is_signed_out_in_all_browsers(
    page: Page, second: Page, town: Town, there: Village
) -> None:
    wiki, claims = enter(page, there, there.wiki, WHO)
    grafana, _ = enter(page, there, there.grafana)
    elsewhere, _ = enter(second, there, there.wiki, WHO)
    page.goto(town.account)
    expect(page.get_by_role("heading", level=3)).to_have_count(2)
    press(page, "Sign out of Wiki")
    # By way of the page that tells the wiki's frame, and back.
    page.wait_for_url(town.account)
    expect_applications(page, "Grafana")
    assert [told["sid"] for told in there.wiki.told] == [claims["sid"]]
    alive = [there.is_alive(tokens) for tokens in (wiki, elsewhere, grafana)]
    assert alive == [False, False, True]
    assert silently(page, there, there.grafana) is None


def test_everything_is_signed_out_in_all_browsers(
    page: Page, second: Page, town: Town, there: Village
) -> None:
    both = [enter(one, there, there.wiki, WHO)[0] for one in (page, second)]
    page.goto(town.account)
    press(page, "Sign out of everything")
    expect_heading(page, "You have signed out of everything")
    assert there.wiki.cookie not in cookies(page)
    assert [there.is_alive(tokens) for tokens in both] == [False, False]
    for one in (page, second):
        assert silently(one, there, there.wiki) == "login_required"
    # At Discord they are signed in as before, and so the page opens.
    page.goto(town.account)
    expect_applications(page)


def test_what_is_kept_is_downloaded(page: Page, town: Town, there: Village) -> None:
    tokens, _ = enter(page, there, there.wiki, WHO)
    page.goto(town.account)
    with page.expect_download() as started:
        press(page, "Download what is kept about me")
    assert started.value.suggested_filename == "snowflake.json"
    text = Path(started.value.path()).read_text("utf-8")
    kept = json.loads(text)
    assert kept["person"] == ADA
    assert [grant["client_id"] for grant in kept["grants"]] == ["wiki"]
    assert tokens["access_token"] not in text
    # The page is still there.
    expect_applications(page, "Wiki")


def test_whoever_is_erased_begins_anew(page: Page, town: Town, there: Village) -> None:
    tokens, _ = enter(page, there, there.wiki, WHO)
    page.goto(town.account)
    press(page, "Erase me")
    expect_heading(page, "Erase what is kept about you?")
    page.get_by_role("link", name="Keep it").click()
    expect_applications(page, "Wiki")
    assert there.is_alive(tokens)
    press(page, "Erase me")
    press(page, "Erase me")
    expect_heading(page, "What was kept about you is erased")
    assert not there.is_alive(tokens)
    assert silently(page, there, there.wiki) == "login_required"
    page.goto(town.account)
    expect_applications(page)


def test_consent_once_is_asked_again_after_it_is_withdrawn_or_when_the_client_wants(
    page: Page, town: Town, there: Village
) -> None:
    enter(page, there, there.wiki, WHO)
    login = is_asked(page, there, town.diary)
    press(page, "Allow")
    diary, _ = arrived(page, there, town.diary, login)
    enter(page, there, town.diary)
    login = is_asked(page, there, town.diary, prompt="consent")
    press(page, "Deny")
    page.wait_for_url(f"{town.diary.origin}/callback?*")
    answer = parameters(page.url)
    assert (answer["error"], answer["state"]) == ("access_denied", login.state)
    # What was allowed before is not taken back by it.
    assert silently(page, there, town.diary) is None
    page.goto(town.account)
    expect(page.get_by_text("You have allowed it to learn:")).to_have_count(1)
    press(page, "Sign out of Diary")
    expect_applications(page, "Wiki")
    assert not there.is_alive(diary)
    assert silently(page, there, town.diary) == "consent_required"
    is_asked(page, there, town.diary)


def test_consent_always_is_asked_at_each_login(page: Page, town: Town, there: Village) -> None:
    login = Secrets()
    page.goto(there.party(town.vault).begin(login))
    choose(page, WHO)
    for _ in range(2):
        expect_heading(page, "Allow Vault?")
        assert silently(page, there, town.vault) == "consent_required"
        login = is_asked(page, there, town.vault)
        press(page, "Allow")
        arrived(page, there, town.vault, login)
        is_asked(page, there, town.vault)


def test_somebody_else_answers_with_their_own_account(
    page: Page, town: Town, there: Village
) -> None:
    enter(page, there, there.wiki, WHO)
    login = is_asked(page, there, town.diary)
    page.get_by_role("link", name="Not you? Use another account").click()
    choose(page, "hermit")
    expect_heading(page, "Allow Diary?")
    expect(page.locator("strong")).to_have_text("hermit")
    press(page, "Allow")
    _, claims = arrived(page, there, town.diary, login)
    assert claims["sub"] != ADA


def test_a_keyboard_on_a_telephone_without_scripts_is_enough(
    chromium: Chromium, town: Town, there: Village
) -> None:
    complaints: list[str] = []
    with chromium.new_context(java_script_enabled=False, viewport=TELEPHONE) as context:
        page = watched(context, complaints)
        login = Secrets()
        page.goto(there.party(town.diary).begin(login))
        choose(page, WHO)
        expect_heading(page, "Allow Diary?")
        assert_fits(page)
        tab_to(page, "Allow")
        page.keyboard.press("Enter")
        arrived(page, there, town.diary, login)
        enter(page, there, there.wiki)
        page.goto(town.account)
        press(page, "Sign out of Wiki")
        page.get_by_role("link", name="Your page").click()
        expect_applications(page, "Diary")
    assert complaints == []


@pytest.fixture
def linked(place: Place, tmp_path: Path) -> Iterator[LinkedWorld]:
    settings = {"SNOWFLAKE_DATABASE_URL": place.url, "SNOWFLAKE_SECRET_KEY": SECRET.decode()}
    with linked_world(tmp_path, settings, "--workers", "2") as started:
        yield started


def test_linked_roles_are_unlinked(page: Page, linked: LinkedWorld) -> None:
    page.goto(linked.start)
    choose(page, WHO)
    page.locator("input[data-username='ada']").check()
    press(page, "Continue")
    expect_heading(page, "You are linked")
    page.goto(f"{linked.origin}/account")
    expect(page.get_by_text(f"linked to your account at {PLATFORM}")).to_be_visible()
    page.get_by_role("link", name="Unlink").click()
    press(page, "Unlink")
    expect_heading(page, "You have unlinked your account")
    assert linked.connection(ADA)["metadata"] == {}
    page.goto(f"{linked.origin}/account")
    expect_heading(page, "Your account")
    expect(page.get_by_role("link", name="Unlink")).to_have_count(0)
