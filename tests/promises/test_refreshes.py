"""A refresh token is exchanged once, for fresh claims, and nothing that fails takes it away."""

import asyncio
from dataclasses import replace

import pytest

from snowflake.oidc.freshness import OLDEST_CLAIMS
from snowflake.sandbox.discord import Failure, SimulatedDiscord
from tests.journeys.world import ADA
from tests.promises.house import House, Resident
from tests.promises.party import (
    INVALID_CLIENT,
    INVALID_GRANT,
    OUT,
    Party,
    error_of,
    tokens_of,
)
from tests.promises.test_codes import WORK_IS_DONE

WEEK = 604_800
#: From then on Discord's access token has less than an hour.
NEAR_THE_END = WEEK - 1800


def refreshes_at(discord: SimulatedDiscord) -> list[str]:
    """Answer which of its refresh tokens Discord was sent, one after the other."""
    return [
        request.form["refresh_token"]
        for request in discord.requests
        if request.form is not None and "refresh_token" in request.form
    ]


@pytest.mark.parametrize("age", [60, NEAR_THE_END, WEEK + 60])
async def test_many_at_once_get_one_successor_and_discord_sees_one_refresh_at_most(
    age: int, house: House, party: Party
) -> None:
    residents = [await house.snowflake() for _ in range(3)]
    token = (await party.sign_in(residents[0].http))["refresh_token"]
    house.clock.pass_by(age)
    answers = await asyncio.gather(
        *(party.refresh(residents[number % 3].http, token) for number in range(24))
    )
    assert len({tokens_of(answer)["refresh_token"] for answer in answers}) == 1
    assert len(refreshes_at(house.discord)) == (0 if age == 60 else 1)


async def test_many_grants_of_one_person_refresh_discords_tokens_once(
    house: House, party: Party
) -> None:
    residents = [await house.snowflake() for _ in range(2)]
    signed_in = [await party.sign_in(residents[0].http) for _ in range(8)]
    house.clock.pass_by(WEEK + 60)
    answers = await asyncio.gather(
        *(
            party.refresh(residents[number % 2].http, tokens["refresh_token"])
            for number, tokens in enumerate(signed_in)
        )
    )
    assert len({tokens_of(answer)["refresh_token"] for answer in answers}) == 8
    assert len(refreshes_at(house.discord)) == 1


async def test_claims_are_fresh_and_the_time_of_authentication_stays(
    house: House, snowflake: Resident, party: Party
) -> None:
    tokens = await party.sign_in(snowflake.http)
    before = await snowflake.state.keys.verify(tokens["id_token"], "JWT")
    ada = house.discord.people[ADA]
    house.discord.people[ADA] = replace(ada, global_name="Countess", guilds=())
    house.clock.pass_by(1000)
    answer = tokens_of(await party.refresh(snowflake.http, tokens["refresh_token"]))
    after = await snowflake.state.keys.verify(answer["id_token"], "JWT")
    assert (after["name"], after["groups"]) == ("Countess", [])
    assert after["auth_time"] == before["auth_time"]
    assert after["iat"] == before["iat"] + 1000
    assert "nonce" not in after
    # Tokens from before tell the same: there is one grant.
    userinfo = (await party.userinfo(snowflake.http, tokens)).json()
    assert userinfo["name"] == "Countess"


@pytest.mark.parametrize("route", ["token", "me", "guilds"])
async def test_discord_failing_takes_no_refresh_token_away(
    route: str, house: House, snowflake: Resident, party: Party
) -> None:
    for failure in set(Failure) - {Failure.HANG, Failure.SLOW, Failure.ODD_FIELDS}:
        token = (await party.sign_in(snowflake.http))["refresh_token"]
        house.clock.pass_by(NEAR_THE_END)
        house.discord.fail(route, failure, times=None)  # type: ignore[arg-type]
        answer = await party.refresh(snowflake.http, token)
        house.discord.heal()
        await snowflake.come_back(answer)
        assert error_of(answer) == OUT, failure
        assert int(answer.headers["retry-after"]) >= 1, failure
        house.clock.pass_by(60)
        # Even where Discord's own refresh token is spent: its access token still lives.
        again = tokens_of(await party.refresh(snowflake.http, token))
        assert again["refresh_token"] != token


async def test_where_discords_refresh_token_is_lost_the_person_signs_in_again(
    house: House, snowflake: Resident, party: Party
) -> None:
    for failure in WORK_IS_DONE:
        token = (await party.sign_in(snowflake.http))["refresh_token"]
        house.clock.pass_by(WEEK + 60)
        house.discord.fail("token", failure)
        assert error_of(await party.refresh(snowflake.http, token)) == OUT, failure
        for _ in range(2):
            assert error_of(await party.refresh(snowflake.http, token)) == INVALID_GRANT, failure
        again = await party.sign_in(snowflake.http)
        tokens_of(await party.refresh(snowflake.http, again["refresh_token"]))


async def test_a_discord_that_hangs_takes_no_refresh_token_away(
    house: House, snowflake: Resident, party: Party
) -> None:
    token = (await party.sign_in(snowflake.http))["refresh_token"]
    house.clock.pass_by(OLDEST_CLAIMS + 1)
    house.discord.fail("me", Failure.HANG)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snowflake.state.discord._requests, "_seconds", 0.05)
        assert error_of(await party.refresh(snowflake.http, token)) == OUT
    house.discord.heal()
    tokens_of(await party.refresh(snowflake.http, token))


async def test_without_discord_there_are_the_claims_of_the_last_hour(
    house: House, party: Party
) -> None:
    one, other = await house.snowflake(), await house.snowflake()
    tokens = await party.sign_in(one.http)
    before = await one.state.keys.verify(tokens["id_token"], "JWT")
    for route in ("token", "me", "guilds"):
        house.discord.fail(route, Failure.BANNED, times=None)
    house.clock.pass_by(OLDEST_CLAIMS)
    answer = tokens_of(await party.refresh(other.http, tokens["refresh_token"]))
    after = await other.state.keys.verify(answer["id_token"], "JWT")
    assert (after["name"], after["groups"]) == (before["name"], before["groups"])
    # A lost answer gets the same successor, as ever.
    again = tokens_of(await party.refresh(one.http, tokens["refresh_token"]))
    assert again["refresh_token"] == answer["refresh_token"]
    house.clock.pass_by(1)
    assert error_of(await party.refresh(one.http, answer["refresh_token"])) == OUT
    house.discord.heal()
    tokens_of(await party.refresh(one.http, answer["refresh_token"]))


async def test_a_wrong_secret_takes_no_refresh_token_away(
    house: House, snowflake: Resident, party: Party
) -> None:
    token = (await party.sign_in(snowflake.http))["refresh_token"]
    for age in (0, NEAR_THE_END, 3600):
        house.clock.pass_by(age)
        for wrong in ("wrong", None):
            refused = await party.refresh(snowflake.http, token, client_secret=wrong)
            assert error_of(refused) == INVALID_CLIENT
    tokens_of(await party.refresh(snowflake.http, token))


async def test_a_known_secret_is_not_asked_for_at_discord(
    house: House, snowflake: Resident, party: Party
) -> None:
    token = (await party.sign_in(snowflake.http))["refresh_token"]
    before = len(house.discord.requests)
    house.clock.pass_by(60)
    tokens_of(await party.refresh(snowflake.http, token))
    paths = {request.path for request in house.discord.requests[before:]}
    assert paths == {"/api/v10/users/@me", "/api/v10/users/@me/guilds"}


async def test_a_secret_changed_in_the_portal_is_proven_once_and_then_known(
    house: House, snowflake: Resident, party: Party
) -> None:
    token = (await party.sign_in(snowflake.http))["refresh_token"]
    party.enter("another secret")
    changed = {"client_secret": "another secret"}
    for refreshes in (1, 1):
        answer = tokens_of(await party.refresh(snowflake.http, token, **changed))
        token = answer["refresh_token"]
        assert len(refreshes_at(house.discord)) == refreshes
    # A process that has seen none of this knows it too.
    another = await house.snowflake()
    token = tokens_of(await party.refresh(another.http, token, **changed))["refresh_token"]
    assert len(refreshes_at(house.discord)) == 1


async def test_a_used_token_gets_the_same_successor_while_its_answer_may_be_lost(
    house: House, snowflake: Resident, party: Party
) -> None:
    token = (await party.sign_in(snowflake.http))["refresh_token"]
    first = tokens_of(await party.refresh(snowflake.http, token))
    house.clock.pass_by(10)
    another = await house.snowflake()
    again = tokens_of(await party.refresh(another.http, token))
    assert again["refresh_token"] == first["refresh_token"]
    assert (await party.userinfo(another.http, again)).status_code == 200
    tokens_of(await party.refresh(snowflake.http, again["refresh_token"]))


async def test_a_used_token_gets_nothing_once_its_successor_was_used(
    house: House, snowflake: Resident, party: Party
) -> None:
    token = (await party.sign_in(snowflake.http))["refresh_token"]
    second = tokens_of(await party.refresh(snowflake.http, token))["refresh_token"]
    third = tokens_of(await party.refresh(snowflake.http, second))["refresh_token"]
    another = await house.snowflake()
    for old in (token, token):
        assert error_of(await party.refresh(another.http, old)) == INVALID_GRANT
    # Whoever it was, the client that has the latest goes on.
    assert tokens_of(await party.refresh(another.http, second))["refresh_token"] == third
    tokens_of(await party.refresh(snowflake.http, third))


async def test_a_token_used_again_later_ends_the_grant(
    house: House, snowflake: Resident, party: Party
) -> None:
    token = (await party.sign_in(snowflake.http))["refresh_token"]
    tokens = tokens_of(await party.refresh(snowflake.http, token))
    house.clock.pass_by(12)
    assert error_of(await party.refresh(snowflake.http, token)) == INVALID_GRANT
    assert (await party.userinfo(snowflake.http, tokens)).status_code == 401
    refused = await party.refresh(snowflake.http, tokens["refresh_token"])
    assert error_of(refused) == INVALID_GRANT
    tokens_of(
        await party.refresh(snowflake.http, (await party.sign_in(snowflake.http))["refresh_token"])
    )


async def test_a_thief_without_the_secret_ends_no_grant(
    house: House, snowflake: Resident, party: Party
) -> None:
    token = (await party.sign_in(snowflake.http))["refresh_token"]
    successor = tokens_of(await party.refresh(snowflake.http, token))["refresh_token"]
    house.clock.pass_by(12)
    stolen = await party.refresh(snowflake.http, token, client_secret="wrong")
    assert error_of(stolen) == INVALID_CLIENT
    tokens_of(await party.refresh(snowflake.http, successor))


async def test_a_token_that_is_not_used_for_its_lifetime_ends(
    house: House, snowflake: Resident, party: Party
) -> None:
    token = (await party.sign_in(snowflake.http))["refresh_token"]
    month = 30 * 86400
    house.clock.pass_by(month - 60)
    token = tokens_of(await party.refresh(snowflake.http, token))["refresh_token"]
    await snowflake.state.store.housekeeping.run()
    house.clock.pass_by(month - 60)
    token = tokens_of(await party.refresh(snowflake.http, token))["refresh_token"]
    house.clock.pass_by(month)
    assert error_of(await party.refresh(snowflake.http, token)) == INVALID_GRANT


@pytest.mark.parametrize("age", [60, NEAR_THE_END, WEEK + 60])
async def test_a_person_who_removed_the_application_is_signed_out(
    age: int, house: House, snowflake: Resident, party: Party
) -> None:
    tokens = await party.sign_in(snowflake.http)
    house.clock.pass_by(age)
    house.discord.remove(party.client_id, ADA)
    refused = await party.refresh(snowflake.http, tokens["refresh_token"])
    assert error_of(refused) == INVALID_GRANT
    assert await party.introspect(snowflake.http, tokens["access_token"]) == {"active": False}
    again = await party.sign_in(snowflake.http)
    tokens_of(await party.refresh(snowflake.http, again["refresh_token"]))


async def test_somebody_who_came_back_with_less_stays_signed_in(
    house: House, snowflake: Resident, party: Party
) -> None:
    await party.sign_in(snowflake.http)
    house.discord.remove(party.client_id, ADA)
    # Discord's scopes have not persisted: the new pair is narrower than the dead one.
    again = await party.sign_in(snowflake.http, scope="openid profile")
    house.clock.pass_by(60)
    tokens_of(await party.refresh(snowflake.http, again["refresh_token"]))


async def test_a_refresh_that_fails_goes_on_with_the_tokens_of_a_login_meanwhile(
    house: House, snowflake: Resident, party: Party
) -> None:
    old = await party.sign_in(snowflake.http)
    house.discord.remove(party.client_id, ADA)
    house.discord.fail("token", Failure.HANG)
    before = len(refreshes_at(house.discord))
    refresh = asyncio.create_task(party.refresh(snowflake.http, old["refresh_token"]))
    while len(refreshes_at(house.discord)) == before:  # noqa: ASYNC110 - until Discord has it
        await asyncio.sleep(0.01)
    new = await party.sign_in(snowflake.http)
    house.discord.heal()
    tokens_of(await refresh)
    tokens_of(await party.refresh(snowflake.http, new["refresh_token"]))


async def test_the_widest_of_discords_tokens_serve_every_grant(
    house: House, snowflake: Resident, party: Party
) -> None:
    wide = await party.sign_in(snowflake.http)
    await party.sign_in(snowflake.http, scope="openid")
    house.clock.pass_by(WEEK + 60)
    answer = tokens_of(await party.refresh(snowflake.http, wide["refresh_token"]))
    assert set(answer["scope"].split()) == {"openid", "profile", "email", "groups"}
