"""The sandbox in Chromium: clicked, by keyboard, on a telephone, at night."""

from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from playwright.sync_api import Locator, Page, expect
from starlette.requests import Request

from snowflake.errors import Back, Denial, Refusal
from snowflake.sandbox.configured import Trial
from snowflake.sandbox.demo import Sandbox
from snowflake.sandbox.demo import running as running_sandbox
from snowflake.sandbox.discord import Membership, SimulatedDiscord
from snowflake.sandbox.discord.places import LIGHTHOUSE
from snowflake.web.pages import denial_page
from tests.journeys.chromium import TELEPHONE, assert_fits, choose, colours, serve, tab_to
from tests.journeys.registered import client


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    # The logging of this process is not the sandbox's to configure.
    with patch("snowflake.sandbox.demo.configure_logs"), running_sandbox() as running:
        yield running


def sign_in(page: Page, sandbox: Sandbox, username: str) -> None:
    page.goto(sandbox.example)
    page.get_by_role("link", name="Sign in with Discord").click()
    choose(page, username)


def claims(page: Page) -> Locator:
    return page.get_by_role("region", name="Claims", exact=True)


def test_a_login_is_clicked_through(page: Page, sandbox: Sandbox) -> None:
    sign_in(page, sandbox, "ada.lindqvist")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lindqvist")
    expect(claims(page)).to_contain_text('"sub": "189462537114681345"')
    assert page.url == f"{sandbox.example}/result"


def test_a_refusal_is_explained_and_can_be_undone(page: Page, sandbox: Sandbox) -> None:
    page.goto(sandbox.example)
    page.get_by_role("link", name="Sign in with Discord").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
    page.get_by_role("link", name="Sign in again").click()
    choose(page, "hermit")
    expect(page.get_by_role("heading", level=1)).to_have_text("The Hermit")


def test_somebody_else_may_sign_in_next(page: Page, sandbox: Sandbox) -> None:
    sign_in(page, sandbox, "ada.lindqvist")
    page.get_by_role("link", name="Sign in as somebody else").click()
    choose(page, "noor_ibrahim")
    expect(page.get_by_role("heading", level=1)).to_contain_text("نور")


def test_the_second_sign_in_asks_nothing(page: Page, sandbox: Sandbox) -> None:
    sign_in(page, sandbox, "ada.lindqvist")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in with Discord").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lindqvist")


def test_one_sign_in_and_one_sign_out_are_for_both_applications(
    page: Page, sandbox: Sandbox
) -> None:
    sign_in(page, sandbox, "ada.lindqvist")
    session = claims(page)
    expect(session).to_contain_text('"sid"')

    # The second one asks nobody.
    assert sandbox.another is not None
    page.goto(sandbox.another)
    page.get_by_role("link", name="Sign in with Discord").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lindqvist")
    assert page.url == f"{sandbox.another}/result"

    # Out of the second, and the first has heard of it from Snowflake's server.
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in with Discord")).to_be_visible()
    assert page.url == f"{sandbox.another}/"
    expect(page.get_by_role("status")).to_contain_text("You have signed out")
    for _ in range(500):
        page.goto(sandbox.example)
        if page.get_by_role("status").count():
            break
    expect(page.get_by_role("status")).to_contain_text("signed out by the back channel")
    page.get_by_role("link", name="Sign in with Discord").click()
    expect(page.get_by_role("button", name="Authorize")).to_have_count(0)


def test_out_of_the_first_the_second_hears_of_it_in_the_browser(
    page: Page, sandbox: Sandbox
) -> None:
    sign_in(page, sandbox, "ada.lindqvist")
    assert sandbox.another is not None
    page.goto(f"{sandbox.another}/login")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lindqvist")
    page.goto(f"{sandbox.example}/result")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in with Discord")).to_be_visible()
    assert page.url == f"{sandbox.example}/"
    expect(page.get_by_role("status")).to_contain_text("You have signed out")
    page.goto(sandbox.another)
    expect(page.get_by_role("status")).to_contain_text("signed out by the front channel")


def test_a_keyboard_is_enough(page: Page, sandbox: Sandbox) -> None:
    page.goto(sandbox.example)
    tab_to(page, "Sign in with Discord")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()
    page.keyboard.press("Tab")
    # The people are one stop; arrows go from one to the next.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Authorize")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Walter B.")


@pytest.fixture
def every_page(sandbox: Sandbox) -> list[str]:
    """The addresses of pages that need no login, ours, the example's and Discord's."""
    ours = (
        "/unheard-of",
        "/r/https://app.example.com/callback",
        "/authorize",
        "/authorize?client_id=1&scope=openid&response_type=code&redirect_uri=javascript:1",
        f"/authorize?client_id=1&{'x' * 500}=1",
    )
    return [
        f"{sandbox.example}/",
        f"{sandbox.example}/login",
        f"{sandbox.example}/callback?error=access_denied&state=none",
        f"{sandbox.discord}/oauth2/authorize?client_id=none",
        f"{sandbox.discord}/none",
        *(sandbox.snowflake + path for path in ours),
    ]


def test_every_page_fits_on_a_telephone(
    page: Page, sandbox: Sandbox, every_page: list[str]
) -> None:
    page.set_viewport_size(TELEPHONE)
    for address in every_page:
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_fits(page)
    for username in ("collector", "noor_ibrahim"):
        page.context.clear_cookies()
        sign_in(page, sandbox, username)
        expect(claims(page)).to_be_visible()
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert_fits(page)


def test_every_page_is_dark_where_people_want_it_dark(page: Page, every_page: list[str]) -> None:
    for address in every_page:
        page.goto(address)
        page.emulate_media(color_scheme="light")
        by_day, ink_by_day = colours(page)
        page.emulate_media(color_scheme="dark")
        by_night, ink_by_night = colours(page)
        assert ink_by_day < by_day, address
        assert by_night < ink_by_night, address


def test_a_page_without_cookies_says_what_to_do(page: Page, sandbox: Sandbox) -> None:
    page.goto(sandbox.example)
    page.get_by_role("link", name="Sign in with Discord").click()
    page.context.clear_cookies(name="snowflake-login")
    choose(page, "ada.lindqvist")
    expect(page.get_by_role("heading", level=1)).to_have_text("This login can't be finished here")
    assert page.locator("a").count() == 0


def test_who_may_not_sign_in_can_go_on_by_keyboard_on_a_telephone_at_night(page: Page) -> None:
    denial = Denial(
        refusals=(
            Refusal("any_guild", f"You have to be a member of {'Birds' * 20}.", by_joining=True),
            Refusal("two_factor", "Your Discord account needs two-factor authentication."),
        ),
        application="The documentation of a company with a long name",
        account="averyveryverylongusername1234567890",
        another_account="https://snowflake.test/another",
        back=Back("https://snowflake.test/back"),
        invite="https://snowflake.test/invite",
    )
    back = denial.back
    assert back is not None
    shown = denial_page(Request({"type": "http"}), denial)
    serve(page, bytes(shown.body), {})
    page.set_viewport_size(TELEPHONE)
    page.emulate_media(color_scheme="dark")
    page.goto("https://snowflake.test/callback")
    expect(page.get_by_role("listitem")).to_have_count(2)
    assert_fits(page)
    ground, ink = colours(page)
    assert ground < ink
    places = {
        "Join on Discord": denial.invite,
        "Use another account": denial.another_account,
        f"Back to {denial.application}": back.uri,
    }
    for text, place in places.items():
        tab_to(page, text)
        page.keyboard.press("Enter")
        page.wait_for_url(str(place))


@dataclass(frozen=True)
class Members:
    """A sandbox in which only members of a guild may sign in, and its Discord."""

    sandbox: Sandbox
    discord: SimulatedDiscord


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    file, discord = tmp_path_factory.mktemp("members") / "snowflake.toml", SimulatedDiscord()
    access = f'any_guild = ["{LIGHTHOUSE}"]\ninvite = "https://discord.gg/example"'
    file.write_text(client("keepers", f"[clients.access]\n{access}"), "utf-8")
    with (
        patch("snowflake.sandbox.demo.configure_logs"),
        patch("snowflake.sandbox.demo.SimulatedDiscord", lambda: discord),
        running_sandbox(trial=Trial(file, "keepers")) as running,
    ):
        yield Members(running, discord)


def turned_away(page: Page, members: Members) -> None:
    sign_in(page, members.sandbox, "hermit")
    title = "You can't sign in to The keepers client yet"
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("listitem")).to_contain_text("You have to be a member")


def test_whoever_joins_the_guild_loads_the_page_again_and_is_in(
    page: Page, members: Members
) -> None:
    hermit = members.discord.named("hermit").id
    page.route("https://discord.gg/example", lambda route: route.fulfill(body="Welcome"))
    turned_away(page, members)
    tab_to(page, "Join on Discord")
    page.keyboard.press("Enter")
    page.wait_for_url("https://discord.gg/example")
    members.discord.join(hermit, Membership(LIGHTHOUSE))
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("The Hermit")
    members.discord.leave(hermit, LIGHTHOUSE)


def test_whoever_is_turned_away_signs_in_with_another_account_by_keyboard(
    page: Page, members: Members
) -> None:
    turned_away(page, members)
    tab_to(page, "Use another account")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()
    page.keyboard.press("Tab")
    chosen = page.locator("input[data-username='ada.lindqvist']:checked")
    for _ in range(20):
        if chosen.count():
            break
        page.keyboard.press("ArrowDown")
    tab_to(page, "Authorize")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lindqvist")


def test_whoever_is_turned_away_goes_back_to_the_application(page: Page, members: Members) -> None:
    turned_away(page, members)
    tab_to(page, "Back to The keepers client")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
    expect(page.get_by_text("Error: access_denied")).to_be_visible()
    assert page.url.startswith(f"{members.sandbox.example}/callback?error=access_denied")
