"""Linked roles over real HTTP: from the role in Discord to the provider and back, and all ends."""

import time
from collections.abc import Iterator
from html import unescape
from itertools import product
from re import findall

import httpx
import pytest

from snowflake.linked_roles.notes import ToDiscord
from snowflake.protocol.browser import LOGIN_LIFETIME
from snowflake.sandbox.discord import Failure
from snowflake.sandbox.upstream import Route
from tests.journeys.browser import Browser, arrival
from tests.journeys.linked import HOOK_SECRET, SIGN_IN, LinkedWorld, linked_world, title_of
from tests.journeys.relying_party import Secrets, tokens_of
from tests.journeys.world import OWN_ID

EVERYTHING = {
    "chapter": "3",
    "board": "1",
    "groups": "3",
    "since": "2019-04-01T00:00:00Z",
    "seven": "7",
}
UNAVAILABLE = Failure.UNAVAILABLE
#: What fulfils no condition.
NOTHING = {
    "chapter": "2147483647",
    "board": "0",
    "groups": "2147483647",
    "since": "2999-12-31T00:00:00Z",
    "seven": "0",
}
#: What the browsers have shown.
PAGES: list[str] = []
NOT_REGISTERED = "linked_roles_not_registered"
RECOGNISE = "We don't recognise this step"
UNTOLD: dict[str, object] = {"platform_username": None, "metadata": {}}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LinkedWorld]:
    with linked_world(tmp_path_factory.mktemp("linked")) as started:
        yield started
        # All that the tests below have moved.
        log, secrets = started.world.snowflake.log, started.secrets
        assert len(secrets) > 100
        assert "/linked-role/upstream" in log
        assert not [secret for secret in secrets | started.notes if secret in log]
        assert not [secret for secret in secrets if secret in "".join(PAGES)]


@pytest.fixture
def linked(running: LinkedWorld) -> Iterator[LinkedWorld]:
    """One world for all tests, whole again after each."""
    yield running
    running.world.discord.heal()
    running.provider.heal()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser whose pages are kept."""

    def keep(response: httpx.Response) -> None:
        PAGES.append(response.read().decode())

    with Browser() as opened:
        opened.http.event_hooks = {"response": [keep]}
        yield opened


@pytest.fixture
def person(linked: LinkedWorld) -> str:
    """Somebody at Discord who has not been here yet."""
    return linked.newcomer()


@pytest.fixture
def account(linked: LinkedWorld) -> str:
    """The username of their account at the provider."""
    return linked.account()


def said(page: httpx.Response) -> dict[str, str]:
    """Read what a page says that Discord knows."""
    pairs = findall(r"<dt><bdi>(.*)</bdi></dt>\s*<dd><bdi>(.*)</bdi></dd>", page.text)
    return {unescape(name): unescape(value) for name, value in pairs}


def again_on(page: httpx.Response) -> str:
    """Read where a page says that one can start again."""
    [path] = findall('href="([^"]*)">Start again<', page.text)
    return str(path)


def assert_untold(linked: LinkedWorld, person: str) -> None:
    """Nothing has been half done."""
    assert linked.connection(person) == UNTOLD
    assert person not in linked.links()


# Linking.


def test_the_start_warns_of_conditions_that_discord_does_not_have(linked: LinkedWorld) -> None:
    # They were registered only then.
    linked.world.snowflake.wait_until(lambda: NOT_REGISTERED in linked.world.snowflake.log)
    assert linked.command("register") == "Discord has these conditions already.\n"


def test_discord_knows_what_the_provider_says(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    page = linked.link(browser, person, account)
    assert (page.status_code, title_of(page)) == (200, "You are linked")
    assert said(page) == {
        "Chapter": "3",
        "Board": "yes",
        "Groups": "3",
        "Since": "1 April 2019",
        "Seven": "7",
    }
    assert linked.connection(person) == {
        "platform_name": "Example Society",
        "platform_username": account,
        "metadata": EVERYTHING,
    }
    kept = linked.links()[person]
    assert (kept["state"], kept["values"], kept["refreshable"]) == ("active", EVERYTHING, True)


def test_whoever_cancels_at_discord_can_start_again(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    page = browser.refuse(browser.open(linked.start))
    assert (page.status_code, title_of(page)) == (400, "You have cancelled")
    assert "at Discord" in page.text
    assert again_on(page) == "/linked-role"
    assert title_of(linked.link(browser, person, account)) == "You are linked"


def test_whoever_cancels_at_the_provider_can_start_again(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    page = browser.refuse(linked.to_provider(browser, person))
    assert (page.status_code, title_of(page)) == (400, "You have cancelled")
    assert "at Example Society" in page.text
    assert again_on(page) == "/linked-role"
    assert_untold(linked, person)
    assert title_of(linked.link(browser, person, account)) == "You are linked"


def test_an_answer_is_of_no_use_in_another_browser_and_only_once(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    consent = browser.open(linked.start)
    form = {"person": person, "decision": "authorize"}
    from_discord = arrival(browser.http.post(str(consent.url), data=form))
    with Browser() as stranger:
        assert title_of(stranger.open(from_discord)) == "This can't be finished here"
    page = browser.open(from_discord)
    assert title_of(browser.open(from_discord)) == "This step is over"
    from_provider = arrival(browser.http.post(str(page.url), data=linked.choice(account)))
    with Browser() as stranger:
        assert title_of(stranger.open(from_provider)) == "This can't be finished here"
        assert_untold(linked, person)
    assert title_of(browser.open(from_provider)) == "You are linked"
    told = linked.put()
    assert title_of(browser.open(from_provider)) == "This step is over"
    assert linked.put() == told


def test_an_answer_that_comes_too_late_or_is_made_up_is_explained(
    linked: LinkedWorld, browser: Browser
) -> None:
    note = ToDiscord(
        id="an-id",
        issuer=linked.origin,
        browser="of-a-browser",
        verifier="a-verifier",
        unlinking=False,
        scope="identify",
    )
    late = linked.sealed(note, time.time() - LOGIN_LIFETIME - 1)
    for state, title in ((late, "That took a little too long"), ("made-up", RECOGNISE)):
        query = {"code": "a-code", "state": state, "iss": "https://discord.com"}
        page = browser.open(str(httpx.URL(f"{linked.origin}/linked-role/discord", params=query)))
        assert (page.status_code, title_of(page)) == (400, title)
        assert again_on(page) == "/linked-role"


# Outages.


@pytest.mark.parametrize(
    ("route", "failure"),
    [
        *product(("token", "userinfo"), (UNAVAILABLE, Failure.PAGE, Failure.DROPPED_BEFORE)),
        # Keys are fetched again when there is a new one, and only once in a minute.
        ("jwks", UNAVAILABLE),
    ],
)
def test_while_the_provider_is_down_nothing_is_done(
    *,
    route: Route,
    failure: Failure,
    linked: LinkedWorld,
    browser: Browser,
    person: str,
    account: str,
) -> None:
    page = linked.to_provider(browser, person)
    if route == "jwks":
        linked.provider.rotate_key()
    linked.provider.fail(route, failure, times=None)
    answer = linked.sign_in(browser, page, account)
    assert answer.status_code == 503
    assert title_of(answer) == "This can't be done right now"
    assert "Example Society gives no usable answer" in answer.text
    # Where it stands may have changed as well, and is looked up again.
    linked.provider.heal()
    linked.provider.fail("discovery", failure, times=None)
    reached = browser.open(linked.start)
    assert (reached.status_code, again_on(reached)) == (503, "/linked-role")
    assert linked.connection(person) == UNTOLD
    linked.provider.heal()
    assert title_of(linked.link(browser, person, account)) == "You are linked"


def test_while_discord_is_down_at_the_end_nobody_is_linked(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    page = linked.to_provider(browser, person)
    linked.world.discord.fail("role_connection", UNAVAILABLE, times=None)
    answer = linked.sign_in(browser, page, account)
    assert (answer.status_code, again_on(answer)) == (503, "/linked-role")
    assert "Discord or this sign-in service gives no usable answer" in answer.text
    assert linked.connection(person) == UNTOLD
    linked.world.discord.heal()
    assert title_of(linked.link(browser, person, account)) == "You are linked"


def test_what_discord_has_taken_without_a_word_is_taken_back(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    page = linked.to_provider(browser, person)
    linked.world.discord.fail("role_connection", Failure.DROPPED_AFTER, times=None)
    assert linked.sign_in(browser, page, account).status_code == 503
    linked.world.discord.heal()
    assert linked.connection(person)["metadata"] == EVERYTHING
    assert linked.links()[person]["state"] == "pending"
    assert linked.command("sync", "--person", person).endswith("1 links: 1 ended\n")
    assert linked.connection(person) == UNTOLD
    assert person not in linked.links()


def test_while_discord_does_not_take_the_code_nobody_goes_on(
    linked: LinkedWorld, browser: Browser, person: str
) -> None:
    consent = browser.open(linked.start)
    linked.world.discord.fail("token", UNAVAILABLE, times=None)
    answer = browser.allow(consent, person)
    assert (answer.status_code, again_on(answer)) == (503, "/linked-role")
    assert_untold(linked, person)


# One account, one person.


def test_an_account_that_is_linked_anew_is_taken_from_who_had_it(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    linked.link(browser, person, account)
    other = linked.newcomer()
    with Browser() as another:
        assert title_of(linked.link(another, other, account)) == "You are linked"
    assert linked.connection(person)["metadata"] == {}
    assert linked.connection(person)["platform_username"] is None
    assert linked.connection(other)["metadata"] == EVERYTHING
    links = linked.links()
    assert other in links
    assert person not in links


def test_whoever_links_another_account_has_that_one_alone(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    linked.link(browser, person, account)
    before = linked.provider.grants.refresh_tokens
    another = linked.account()
    linked.provider.change(f"sub-{another}", groups=["members"])
    assert said(linked.link(browser, person, another))["Board"] == "no"
    assert linked.connection(person)["platform_username"] == another
    # What the first one could be asked with is worth nothing any more.
    assert linked.provider.grants.refresh_tokens == before


def test_whoever_is_disabled_at_the_provider_is_told_so_and_not_linked(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    page = linked.to_provider(browser, person)
    sent = browser.http.post(str(page.url), data=linked.choice(account))
    linked.provider.disable(f"sub-{account}")
    answer = browser.open(arrival(sent))
    assert (answer.status_code, again_on(answer)) == (400, "/linked-role")
    assert_untold(linked, person)


# Unlinking.


def test_whoever_unlinks_is_asked_first_and_then_forgotten(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    linked.link(browser, person, account)
    before = linked.provider.grants.refresh_tokens
    page = browser.open(f"{linked.origin}/linked-role/unlink")
    assert title_of(page) == "Unlink your account?"
    assert linked.connection(person)["metadata"] == EVERYTHING
    [action] = findall('<form method="post" action="([^"]*)"', page.text)
    [note] = findall('name="note" value="([^"]*)"', page.text)
    address, form = linked.origin + action, {"note": note}
    # Another site's form comes without the cookie, and nobody else knows a note.
    with Browser() as stranger:
        assert title_of(stranger.submit(address, form)) == "This can't be finished here"
    for nothing in ({}, {"note": note[:-4]}):
        assert title_of(browser.submit(address, nothing)) == RECOGNISE
    assert linked.connection(person)["metadata"] == EVERYTHING
    done = browser.submit(address, form)
    assert (done.status_code, title_of(done)) == (200, "You have unlinked your account")
    assert_untold(linked, person)
    assert linked.provider.grants.refresh_tokens == before - 1
    assert title_of(browser.submit(address, form)) == "This step is over"
    # Discord's tokens are ended as well, but they are still known there.
    assert title_of(browser.open(f"{linked.origin}/linked-role/unlink")) == "You are not linked"


def test_an_operator_unlinks(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    linked.link(browser, person, account)
    assert linked.command("unlink", "--person", person).startswith("Unlinked.")
    assert_untold(linked, person)


# With the provider's own logins through this Snowflake.


def test_where_the_provider_signs_people_in_here_it_ends_after_one_round(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    page = linked.to_provider(browser, person)
    # The provider's page sends people here, who come back to it with a code.
    source, login = linked.world.client("source"), Secrets()
    approved = browser.open(source.begin(login, scope="openid profile"))
    tokens = tokens_of(source.redeem(login, source.code(login, arrival(approved))))
    assert source.claims(tokens)["sub"] == person
    assert title_of(linked.sign_in(browser, page, account)) == "You are linked"


def test_whoever_signs_in_first_sees_no_second_page_of_discord(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    source, login = linked.world.client("source"), Secrets()
    consent = browser.open(source.begin(login))
    tokens = tokens_of(
        source.redeem(login, source.code(login, arrival(browser.allow(consent, person))))
    )
    reached = browser.open(linked.start)
    assert reached.url.path == SIGN_IN
    assert title_of(linked.sign_in(browser, reached, account)) == "You are linked"
    # Both use the same tokens of Discord's.
    refreshed = source.refresh(tokens["refresh_token"])
    assert refreshed.status_code == 200
    # Unlinking leaves the login as it is.
    linked.command("unlink", "--person", person)
    again = source.refresh(tokens_of(refreshed)["refresh_token"])
    assert again.status_code == 200


# The hook.


def test_the_hook_needs_its_secret(linked: LinkedWorld) -> None:
    hook, body = f"{linked.origin}/linked-roles/hook", {"sub": "somebody"}
    asked = len(linked.provider.requests)
    for authorization in (None, "Bearer", "Bearer wrong", f"Basic {HOOK_SECRET}", HOOK_SECRET):
        headers = {"Authorization": authorization} if authorization else {}
        answer = linked.world.http.post(hook, json=body, headers=headers)
        assert answer.status_code == 401
        assert HOOK_SECRET not in answer.text
    for _ in range(2):
        assert linked.hook("nobody at all").status_code == 202
    assert linked.world.http.get(hook).status_code == 405
    assert len(linked.provider.requests) == asked


def test_whoever_the_hook_names_is_asked_about_soon_and_once(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    linked.link(browser, person, account)
    told, sub = linked.put(), f"sub-{account}"
    linked.provider.change(sub, groups=["members"])
    for _ in range(3):
        assert linked.hook(sub).status_code == 202
    # The Snowflake that was told may have been quicker than the command.
    assert linked.command("sync", "--person", person).endswith(("1 changed\n", "1 unchanged\n"))
    assert linked.connection(person)["metadata"] == {**EVERYTHING, "board": "0", "groups": "1"}
    assert linked.command("sync", "--person", person).endswith("1 links: 1 unchanged\n")
    assert linked.put() == told + 1


def test_whoever_is_gone_at_the_provider_fulfils_nothing_any_more(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    linked.link(browser, person, account)
    linked.provider.disable(f"sub-{account}")
    assert linked.command("sync", "--person", person).endswith("1 links: 1 ended\n")
    assert linked.connection(person)["metadata"] == NOTHING
    assert linked.links()[person]["state"] == "ended"


def test_whoever_has_removed_the_application_is_asked_about_no_more(
    linked: LinkedWorld, browser: Browser, person: str, account: str
) -> None:
    linked.link(browser, person, account)
    linked.world.discord.remove(OWN_ID, person)
    linked.provider.change(f"sub-{account}", groups=[])
    assert linked.command("sync", "--person", person).endswith("1 links: 1 ended\n")
    assert linked.links()[person]["state"] == "ended"
