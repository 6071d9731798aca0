"""Discord fails in every way that it is known for, at each call that Snowflake makes."""

from dataclasses import replace
from itertools import count

import pytest

from snowflake.sandbox.discord import Failure, Route
from tests.journeys.browser import Browser
from tests.journeys.relying_party import RelyingParty, Secrets, error_of, tokens_of
from tests.journeys.world import ADA, World

#: The answer comes late, but it comes; or nothing is said to be odd about it.
HARMLESS = {Failure.SLOW, Failure.ODD_FIELDS}
#: Discord has done what it was asked, and says so in a way that cannot be read.
DONE = {
    Failure.TRUNCATED,
    Failure.WRONG_SHAPE,
    Failure.MISSING_FIELDS,
    Failure.WRONG_TYPES,
    Failure.DROPPED_AFTER,
}
#: After these nobody is asked anything for a while, which would be felt by the tests that follow;
#: tests/discord and tests/promises have them.
STOPS_EVERYTHING = {Failure.RATE_LIMITED_GLOBAL, Failure.RATE_LIMITED_ADDRESS}
FAILURES = [failure for failure in Failure if failure not in HARMLESS | STOPS_EVERYTHING]
#: The shortest wait that is a wait.
SECONDS = 0.05
_ids = count(1_300_000_000_000_000_001)


def name(failure: Failure) -> str:
    return failure.name.lower().replace("_", " ")


def newcomer(world: World) -> str:
    """Answer the ID of somebody in whose guilds nobody has looked yet; none are remembered."""
    person = replace(world.discord.people[ADA], id=str(next(_ids)))
    world.discord.people[person.id] = person
    return person.id


def assert_temporary(party: RelyingParty, login: Secrets, code: str) -> int:
    """Redeem the code, see that the application is told to come back, and answer when."""
    response = party.redeem(login, code)
    assert error_of(response, 503) == "temporarily_unavailable"
    return int(response.headers["retry-after"])


@pytest.mark.parametrize("failure", FAILURES, ids=name)
def test_where_discord_did_not_spend_the_code_it_works_afterwards(
    failure: Failure, world: World, party: RelyingParty, browser: Browser
) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    world.discord.fail("token", failure, times=None, seconds=SECONDS)
    assert assert_temporary(party, login, code) >= 1
    world.discord.heal()
    again = party.redeem(login, code)
    if failure in DONE:
        assert error_of(again, 400) == "invalid_grant"
    else:
        assert party.claims(tokens_of(again))["sub"] == ADA


@pytest.mark.parametrize("failure", FAILURES, ids=name)
@pytest.mark.parametrize("route", ["me", "guilds"])
def test_without_the_person_there_are_no_tokens_until_discord_is_back(
    route: Route, failure: Failure, world: World, party: RelyingParty, browser: Browser
) -> None:
    login, person = Secrets(), newcomer(world)
    code = party.code(login, browser.sign_in(party.begin(login), person))
    world.discord.fail(route, failure, times=None, seconds=SECONDS)
    assert assert_temporary(party, login, code) >= 1
    world.discord.heal()
    # Discord's code is spent by now, but what it gave for it is kept with ours.
    assert party.claims(tokens_of(party.redeem(login, code)))["sub"] == person
    assert error_of(party.redeem(login, code), 400) == "invalid_grant"


def test_somebody_whose_guilds_are_remembered_signs_in_without_discords_list(
    world: World, party: RelyingParty, browser: Browser
) -> None:
    person, groups = newcomer(world), []
    for outage in (False, True):
        if outage:
            world.discord.fail("guilds", Failure.BANNED)
        login = Secrets()
        code = party.code(login, browser.sign_in(party.begin(login), person))
        groups.append(party.claims(tokens_of(party.redeem(login, code)))["groups"])
    assert groups[0] == groups[1] != []


def test_both_calls_for_the_person_may_fail_at_once(
    world: World, party: RelyingParty, browser: Browser
) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), newcomer(world)))
    world.discord.fail("me", Failure.BAD_GATEWAY, times=None)
    world.discord.fail("guilds", Failure.DROPPED_BEFORE, times=None)
    assert_temporary(party, login, code)


@pytest.mark.parametrize("route", ["token", "me", "guilds"])
def test_a_slow_discord_is_waited_for(
    route: Route, world: World, party: RelyingParty, browser: Browser
) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    world.discord.fail(route, Failure.SLOW, seconds=SECONDS)
    assert party.claims(tokens_of(party.redeem(login, code)))["sub"] == ADA


@pytest.mark.parametrize(
    "failure",
    [Failure.RATE_LIMITED_USER, Failure.RATE_LIMITED_SHARED],
    ids=name,
)
def test_the_application_learns_how_long_discord_wants_to_be_left_alone(
    failure: Failure, world: World, party: RelyingParty, browser: Browser
) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    world.discord.fail("token", failure, seconds=41.2)
    assert assert_temporary(party, login, code) == 42


@pytest.mark.parametrize(
    "failure", [Failure.BAD_GATEWAY, Failure.RATE_LIMITED_ADDRESS, Failure.BANNED], ids=name
)
def test_when_discords_page_fails_trying_again_is_enough(
    failure: Failure, world: World, party: RelyingParty, browser: Browser
) -> None:
    login = Secrets()
    world.discord.fail("authorize", failure)
    page = browser.open(party.begin(login))
    assert page.status_code >= 400
    code = party.code(login, browser.sign_in(str(page.url), ADA))
    tokens_of(party.redeem(login, code))


def test_an_answer_that_discord_refuses_to_give_is_not_asked_for_twice(
    world: World, party: RelyingParty, browser: Browser
) -> None:
    # 10,000 refusals in 10 minutes and Discord bans the address.
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    before = len(world.discord.requests)
    world.discord.fail("token", Failure.RATE_LIMITED_USER, times=None, seconds=60)
    assert_temporary(party, login, code)
    assert len(world.discord.requests) == before + 1


def test_discord_that_is_down_leaves_the_rest_standing(world: World, party: RelyingParty) -> None:
    world.discord.fail("token", Failure.UNAVAILABLE, times=None)
    for path in ("/health", "/.well-known/openid-configuration", "/.well-known/jwks.json"):
        assert party.http.get(party.issuer + path).status_code == 200
