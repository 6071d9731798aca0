"""Who may sign in: every policy, at the login and at a refresh."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

import httpx
import pytest

from snowflake.sandbox.discord import Limit
from snowflake.sandbox.discord.places import ADA, KEEPER, LIGHTHOUSE
from tests.journeys import gates
from tests.journeys.browser import Browser, arrival, parameters
from tests.journeys.gates import GATES, INVITE
from tests.journeys.relying_party import (
    Json,
    RelyingParty,
    Secrets,
    about_the_person,
    error_of,
    tokens_of,
)
from tests.journeys.world import World
from tests.journeys.world import world as running_world

Guarded: TypeAlias = World
every_gate = pytest.mark.parametrize("policy", GATES)
every_gate_that_can_close = pytest.mark.parametrize(
    "policy", [policy for policy, gate in GATES.items() if gate.lose]
)
#: Without a bot, what somebody is in a guild is asked once a minute at most.
every_gate_that_closes_at_once = pytest.mark.parametrize(
    "policy", ["any_guild", "all_guilds", "verified_email", "two_factor"]
)


@pytest.fixture(scope="module")
def running_without_bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {"SNOWFLAKE_DISCORD_CACHE": "0"}
    directory = tmp_path_factory.mktemp("gates")
    with running_world(directory, settings, file=gates.FILE) as running:
        running.discord.limits["member"] = Limit(requests=1000, seconds=60.0)
        yield running


@pytest.fixture
def without_bot(running_without_bot: World) -> Iterator[World]:
    everybody = dict(running_without_bot.discord.people)
    yield running_without_bot
    running_without_bot.discord.people.update(everybody)


def signed_in(party: RelyingParty, browser: Browser, person: str = ADA) -> Json:
    """Log somebody in and answer the tokens."""
    login = Secrets()
    return tokens_of(party.redeem(login, party.code(login, browser.sign_in(party.begin(login), person))))


def lose(policy: str, world: World) -> None:
    happens = GATES[policy].lose
    assert happens is not None
    happens(world.discord)


def check_turned_away(party: RelyingParty, policy: str, world: World, browser: Browser) -> None:
    """See somebody come back from Discord and not get in."""
    gate, login = GATES[policy], Secrets()
    consent = browser.open(party.begin(login))
    reached = browser.allow(consent, world.discord.named(gate.refuses).id)
    if gate.told is None:
        answer = parameters(arrival(reached))
        assert answer.pop("error_description")
        assert answer == {"error": "access_denied", "state": login.state, "iss": party.issuer}
    else:
        assert reached.status_code == 403
        assert gate.told in reached.text
        assert f"The {policy} client" in reached.text
        assert "Use another account" in reached.text
        assert (INVITE in reached.text) == (policy in {"any_guild", "all_guilds"})
    assert f"the person may not sign in: {policy}" in world.snowflake.log


def check_ended(party: RelyingParty, tokens: Json, policy: str) -> None:
    """See that nobody gets new tokens, and that the old ones are good for nothing."""
    refused = party.refresh(tokens["refresh_token"])
    assert error_of(refused, 400) == "invalid_grant"
    assert policy in refused.json()["error_description"]
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert party.http.get(f"{party.issuer}/userinfo", headers=headers).status_code == 401
