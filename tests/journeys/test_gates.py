"""Who may sign in: every policy, at the login and at a refresh, with a bot and without."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from snowflake.sandbox.discord import Limit
from snowflake.sandbox.discord.places import ADA, KEEPER, LIGHTHOUSE
from tests.journeys import gates
from tests.journeys.browser import Browser, arrival, parameters
from tests.journeys.gates import GATES, HERMIT, INVITE
from tests.journeys.relying_party import (
    Json,
    RelyingParty,
    Secrets,
    about_the_person,
    error_of,
    tokens_of,
)
from tests.journeys.world import World, sign_in
from tests.journeys.world import world as running_world

every_policy = pytest.mark.parametrize("policy", GATES)
#: Of those whom something at Discord can keep out.
every_loss = pytest.mark.parametrize("policy", [name for name, gate in GATES.items() if gate.lose])


@pytest.fixture(scope="module")
def unaided_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings, directory = {"SNOWFLAKE_DISCORD_CACHE": "0"}, tmp_path_factory.mktemp("unaided")
    with running_world(directory, settings, file=gates.FILE) as running:
        # One person signs in more often here than Discord lets anybody.
        running.discord.limits["member"] = Limit(requests=1000, seconds=60.0)
        yield running


@pytest.fixture
def unaided(unaided_world: World) -> Iterator[World]:
    """A Snowflake without a bot. Everybody is again after each test what they were before."""
    everybody = dict(unaided_world.discord.people)
    yield unaided_world
    unaided_world.discord.people.update(everybody)


def signed_in(party: RelyingParty, browser: Browser, person: str = ADA) -> Json:
    """Log somebody in and answer the tokens."""
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), person))
    return tokens_of(party.redeem(login, code))


def lose(policy: str, world: World) -> None:
    """Let happen to Ada what keeps her out."""
    happens = GATES[policy].lose
    assert happens is not None
    happens(world.discord)


def check_is_turned_away(
    party: RelyingParty, policy: str, person: str, world: World, browser: Browser
) -> None:
    """See somebody come back from Discord and get no further, for one reason."""
    gate, login = GATES[policy], Secrets()
    reached = browser.allow(browser.open(party.begin(login)), person)
    if gate.told is None:
        answer = parameters(arrival(reached))
        assert answer.pop("error_description")
        assert answer == {"error": "access_denied", "state": login.state, "iss": party.issuer}
    else:
        assert reached.status_code == 403
        assert gate.told in reached.text
        assert f"The {policy} client" in reached.text
        assert (INVITE in reached.text) == (policy in {"any_guild", "all_guilds"})
    line = f'"reason":"the person may not sign in: {policy}"'
    world.snowflake.wait_until(lambda: line in world.snowflake.log)


def check_is_over(party: RelyingParty, tokens: Json, policy: str) -> None:
    """See that there are no new tokens, and that the old ones are good for nothing."""
    refused = party.refresh(tokens["refresh_token"])
    assert error_of(refused, 400) == "invalid_grant"
    assert policy in refused.json()["error_description"]
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert party.http.get(f"{party.issuer}/userinfo", headers=headers).status_code == 401


@every_policy
def test_a_policy_lets_one_in_and_turns_another_away(
    policy: str, guarded: World, browser: Browser
) -> None:
    party, before = replace(guarded.client(policy), scope="openid"), len(guarded.discord.requests)
    consent = browser.open(party.begin(Secrets()))
    # The bot says all there is to say of guilds, and nothing of it shows.
    asked = "email identify" if policy == "verified_email" else "identify"
    assert consent.url.params["scope"] == asked
    tokens = signed_in(party, browser)
    assert about_the_person(party.claims(tokens)) == party.userinfo(tokens) == {"sub": ADA}
    assert party.refresh(tokens["refresh_token"]).status_code == 200
    paths = [request.path for request in guarded.discord.requests[before:]]
    assert not [path for path in paths if path.startswith("/api/v10/users/@me/guilds")]
    with Browser() as another:
        refused = guarded.discord.named(GATES[policy].refuses).id
        check_is_turned_away(party, policy, refused, guarded, another)


@every_loss
def test_whoever_may_sign_in_no_longer_is_out_at_the_next_refresh(
    policy: str, guarded: World, browser: Browser
) -> None:
    party = guarded.client(policy)
    tokens = signed_in(party, browser)
    lose(policy, guarded)
    check_is_over(party, tokens, policy)


@contextmanager
def reconfigured(world: World, old: str, new: str) -> Iterator[None]:
    """Change something everywhere in the configuration during the block."""
    running = world.snowflake
    file = running.output.with_name("snowflake.toml")
    text = file.read_text("utf-8")

    def take_up(text: str) -> None:
        known = running.log.count("configuration_changed")
        file.write_text(text, "utf-8")
        running.process.send_signal(signal.SIGHUP)
        running.wait_until(lambda: running.log.count("configuration_changed") > known)

    take_up(text.replace(old, new))
    try:
        yield
    finally:
        take_up(text)


@pytest.mark.parametrize(("policy", "listed"), [("people", HERMIT), ("no_people", ADA)])
def test_a_changed_list_of_people_holds_at_the_next_refresh(
    policy: str, listed: str, guarded: World, browser: Browser
) -> None:
    party = guarded.client(policy)
    tokens = signed_in(party, browser)
    with reconfigured(guarded, GATES[policy].written, f'{policy} = ["{listed}"]'):
        check_is_over(party, tokens, policy)


@every_policy
def test_without_a_bot_a_policy_asks_the_person_for_what_it_needs(
    policy: str, unaided: World, browser: Browser
) -> None:
    gate, party = GATES[policy], replace(unaided.client(policy), scope="openid")
    consent = browser.open(party.begin(Secrets()))
    assert consent.url.params["scope"] == gate.scopes
    # Nothing of what only the policy looks at shows.
    claims, userinfo = sign_in(party, browser)
    assert about_the_person(claims) == userinfo == {"sub": ADA}
    with Browser() as another:
        refused = unaided.discord.named(gate.refuses).id
        check_is_turned_away(party, policy, refused, unaided, another)


@pytest.mark.parametrize("policy", ["any_guild", "all_guilds", "verified_email", "two_factor"])
def test_without_a_bot_a_refresh_is_refused_as_well(
    policy: str, unaided: World, browser: Browser
) -> None:
    party = unaided.client(policy)
    tokens = signed_in(party, browser)
    lose(policy, unaided)
    check_is_over(party, tokens, policy)


@pytest.mark.parametrize(
    "policy", ["any_role", "all_roles", "no_role", "screened", "not_timed_out"]
)
def test_without_a_bot_the_next_login_is_refused(
    policy: str, unaided: World, browser: Browser
) -> None:
    # At a refresh, what somebody is in a guild may be a minute old.
    party = unaided.client(policy)
    signed_in(party, browser)
    lose(policy, unaided)
    with Browser() as another:
        check_is_turned_away(party, policy, ADA, unaided, another)


@every_policy
def test_a_discord_application_hears_of_it_at_the_token_endpoint(
    policy: str, guarded: World, browser: Browser
) -> None:
    party, login = guarded.party(), Secrets()
    refused = guarded.discord.named(GATES[policy].refuses).id
    code = party.code(login, browser.sign_in(party.begin(login), refused))
    answer = party.redeem(login, code)
    assert error_of(answer, 400) == "invalid_grant"
    reasons = answer.json()["error_description"].partition("sign in: ")[2]
    assert policy in reasons.split(", ")


@pytest.mark.parametrize("policy", ["any_guild", "any_role", "not_timed_out"])
def test_a_discord_application_hears_of_it_at_the_next_refresh(
    policy: str, guarded: World, browser: Browser
) -> None:
    party = guarded.party()
    tokens = signed_in(party, browser)
    lose(policy, guarded)
    check_is_over(party, tokens, policy)


def test_with_a_role_comes_the_way_in_and_it_goes_with_it(guarded: World, browser: Browser) -> None:
    party, tomas = guarded.client("any_role"), guarded.discord.named("tomas.by.phone")
    login = Secrets()
    page = browser.allow(browser.open(party.begin(login)), tomas.id)
    assert page.status_code == 403
    membership = guarded.discord.people[ADA].membership(LIGHTHOUSE)
    assert membership is not None
    guarded.discord.join(tomas.id, membership)
    # The page is loaded again.
    tokens = tokens_of(party.redeem(login, party.code(login, arrival(browser.open(str(page.url))))))
    guarded.discord.take_role(tomas.id, LIGHTHOUSE, KEEPER)
    check_is_over(party, tokens, "any_role")
    assert urlsplit(str(page.url)).path == "/callback"
