"""Refusals are counted, and too many end in a ban."""

from typing import Any

import httpx
import pytest

from snowflake.sandbox.discord import Failure, SimulatedDiscord
from snowflake.sandbox.discord.bans import BAN, MOST, WINDOW
from tests.running import Clock
from tests.sandbox.discord.party import Party


@pytest.mark.parametrize(
    ("failure", "counts"),
    [
        (Failure.RATE_LIMITED_USER, 1),
        (Failure.RATE_LIMITED_GLOBAL, 1),
        (Failure.RATE_LIMITED_ADDRESS, 1),
        (Failure.BANNED, 1),
        (Failure.RATE_LIMITED_SHARED, 0),
        (Failure.BAD_GATEWAY, 0),
        (Failure.PAGE, 0),
    ],
)
def test_some_failures_count(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord, failure: Failure, counts: int
) -> None:
    discord.fail("me", failure)
    party.get("/users/@me", tokens["access_token"])
    assert discord.invalid_answers == counts


def test_refusals_count_for_ten_minutes(
    party: Party, api: httpx.Client, discord: SimulatedDiscord, clock: Clock
) -> None:
    assert api.get("/users/@me").status_code == 401
    assert party.post(client_secret="wrong").status_code == 401
    assert party.redeem("unknown").status_code == 400
    assert api.get("/unknown").status_code == 404
    clock.now += WINDOW - 1
    assert api.get("/users/@me", headers={"User-Agent": "x"}).status_code == 403
    assert discord.invalid_answers == 3
    clock.now += 1
    assert discord.invalid_answers == 1


def test_the_page_where_people_are_is_another_address_s(
    party: Party, discord: SimulatedDiscord
) -> None:
    discord.fail("authorize", Failure.BANNED)
    assert party.ask().status_code == 403
    assert discord.invalid_answers == 0


def test_too_many_end_in_a_ban(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord, clock: Clock
) -> None:
    def me() -> int:
        return party.get("/users/@me", tokens["access_token"]).status_code

    for _ in range(MOST - 1):
        discord.bans.note({}, 401)
    assert me() == 200
    assert party.post(client_secret="wrong").status_code == 401
    banned = party.get("/users/@me", tokens["access_token"])
    assert banned.status_code == 403
    assert banned.headers["content-type"].startswith("text/html")
    assert party.redeem("unknown").status_code == 403
    assert party.ask().status_code == 200
    clock.now += BAN
    assert me() == 200


def test_as_many_over_a_longer_time_do_not(discord: SimulatedDiscord, clock: Clock) -> None:
    for _ in range(MOST * 2):
        clock.now += WINDOW / (MOST - 2)
        discord.bans.note({}, 401)
    assert not discord.bans.is_banned
