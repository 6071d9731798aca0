"""A code is redeemed once, and only what ends it ends it."""

import asyncio

import pytest

from snowflake.sandbox.discord import Failure
from snowflake.store.codes import RESERVATION
from snowflake.store.memberships import KEPT
from tests.promises.house import House, Resident
from tests.promises.party import INVALID_CLIENT, INVALID_GRANT, OUT, Party, error_of, tokens_of

WORK_IS_DONE = {
    Failure.TRUNCATED,
    Failure.WRONG_SHAPE,
    Failure.MISSING_FIELDS,
    Failure.WRONG_TYPES,
    Failure.DROPPED_AFTER,
}


async def test_of_many_at_once_one_wins(snowflake: Resident, party: Party) -> None:
    code = await party.code(snowflake.http)
    answers = await asyncio.gather(*(party.redeem(snowflake.http, code) for _ in range(20)))
    [winner] = [answer for answer in answers if answer.status_code == 200]
    # Those who came while it was under way may come again; those who came after it may not.
    refused = {error_of(answer) for answer in answers if answer is not winner}
    assert refused <= {OUT, INVALID_GRANT}
    assert error_of(await party.redeem(snowflake.http, code)) == INVALID_GRANT


async def test_a_replay_ends_the_grant_that_the_code_made(
    snowflake: Resident, party: Party
) -> None:
    code = await party.code(snowflake.http)
    tokens = tokens_of(await party.redeem(snowflake.http, code))
    assert (await party.userinfo(snowflake.http, tokens)).status_code == 200
    assert error_of(await party.redeem(snowflake.http, code)) == INVALID_GRANT
    assert (await party.userinfo(snowflake.http, tokens)).status_code == 401
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert await party.introspect(snowflake.http, token) == {"active": False}
    refused = await party.refresh(snowflake.http, tokens["refresh_token"])
    assert error_of(refused) == INVALID_GRANT


@pytest.mark.parametrize(
    "changes",
    [{"client_secret": "wrong"}, {"client_secret": None}, {"code_verifier": "x" * 43}],
    ids=str,
)
async def test_a_replay_by_somebody_else_ends_no_grant(
    changes: dict[str, str | None], snowflake: Resident, party: Party
) -> None:
    code = await party.code(snowflake.http)
    tokens = tokens_of(await party.redeem(snowflake.http, code))
    for _ in range(2):
        refused = await party.redeem(snowflake.http, code, **changes)
        assert error_of(refused) == INVALID_GRANT
    assert (await party.userinfo(snowflake.http, tokens)).status_code == 200
    tokens_of(await party.refresh(snowflake.http, tokens["refresh_token"]))


async def test_a_browser_that_comes_back_twice_gets_two_codes_that_work_in_any_process(
    house: House, party: Party
) -> None:
    one, other = await house.snowflake(), await house.snowflake()
    way_back = await party.way_back(one.http)
    codes = [await party.code_at(way_back, process.http) for process in (one, other)]
    redeeming = zip(codes, (other, one), strict=True)
    first, second = await asyncio.gather(
        *(party.redeem(process.http, code) for code, process in redeeming)
    )
    tokens = tokens_of(first), tokens_of(second)
    assert error_of(await party.redeem(one.http, codes[0])) == INVALID_GRANT
    answers = [await party.userinfo(other.http, token) for token in tokens]
    assert [answer.status_code for answer in answers] == [401, 200]


async def test_a_replay_ends_no_other_grant(snowflake: Resident, party: Party) -> None:
    code = await party.code(snowflake.http)
    tokens_of(await party.redeem(snowflake.http, code))
    other = await party.sign_in(snowflake.http)
    await party.redeem(snowflake.http, code)
    assert (await party.userinfo(snowflake.http, other)).status_code == 200
    tokens_of(await party.refresh(snowflake.http, other["refresh_token"]))


async def test_a_wrong_secret_burns_no_code(snowflake: Resident, party: Party) -> None:
    code = await party.code(snowflake.http)
    for _ in range(2):
        wrong = await party.redeem(snowflake.http, code, client_secret="wrong")
        assert error_of(wrong) == INVALID_CLIENT
    tokens_of(await party.redeem(snowflake.http, code))


async def test_a_wrong_secret_burns_no_code_whose_login_discord_interrupted(
    house: House, snowflake: Resident, party: Party
) -> None:
    code = await party.code(snowflake.http)
    house.discord.fail("me", Failure.UNAVAILABLE, times=None)
    assert error_of(await party.redeem(snowflake.http, code)) == OUT
    house.discord.heal()
    wrong = await party.redeem(snowflake.http, code, client_secret="wrong")
    assert error_of(wrong) == INVALID_CLIENT
    tokens_of(await party.redeem(snowflake.http, code))


@pytest.mark.parametrize("route", ["token", "me", "guilds"])
async def test_discord_failing_burns_no_code_unless_its_own_is_spent(
    route: str, house: House, snowflake: Resident, party: Party
) -> None:
    for failure in set(Failure) - {Failure.HANG, Failure.SLOW, Failure.ODD_FIELDS}:
        # What is remembered of an earlier login's guilds is too old to help.
        house.clock.pass_by(KEPT + 1)
        code = await party.code(snowflake.http)
        house.discord.fail(route, failure, times=None)  # type: ignore[arg-type]
        outage = await party.redeem(snowflake.http, code)
        assert error_of(outage) == OUT, failure
        house.discord.heal()
        await snowflake.come_back(outage)
        again = await party.redeem(snowflake.http, code)
        if route == "token" and failure in WORK_IS_DONE:
            assert error_of(again) == INVALID_GRANT, failure
        else:
            tokens_of(again)


async def test_a_code_whose_holder_died_is_free_again_after_a_while(
    house: House, snowflake: Resident, party: Party
) -> None:
    code = await party.code(snowflake.http)
    with pytest.MonkeyPatch.context() as patch:

        async def dies(*_: object, **__: object) -> None:
            raise RuntimeError("killed")

        # Nothing of the request goes on after this, as after SIGKILL.
        patch.setattr(type(snowflake.state.discord.oauth), "exchange_code", dies)
        patch.setattr(type(snowflake.state.store.codes), "release", dies)
        await party.redeem(snowflake.http, code)
    assert error_of(await party.redeem(snowflake.http, code)) == OUT
    asking = snowflake.state.settings.discord_deadline.total_seconds()
    house.clock.pass_by(asking + RESERVATION + 1)
    tokens_of(await party.redeem(snowflake.http, code))


async def test_a_code_ends_after_its_minute(
    house: House, snowflake: Resident, party: Party
) -> None:
    code = await party.code(snowflake.http)
    house.clock.pass_by(61)
    assert error_of(await party.redeem(snowflake.http, code)) == INVALID_GRANT


async def test_a_spent_code_stays_spent_through_housekeeping(
    house: House, snowflake: Resident, party: Party
) -> None:
    code = await party.code(snowflake.http)
    tokens_of(await party.redeem(snowflake.http, code))
    house.clock.pass_by(59)
    await snowflake.state.store.housekeeping.run()
    assert error_of(await party.redeem(snowflake.http, code)) == INVALID_GRANT


async def test_a_code_made_by_one_process_is_redeemed_by_another(
    house: House, party: Party
) -> None:
    one, other = await house.snowflake(), await house.snowflake()
    tokens = tokens_of(await party.redeem(other.http, await party.code(one.http)))
    assert (await party.userinfo(one.http, tokens)).status_code == 200
