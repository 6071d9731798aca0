"""A request that was stalled for longer than it had its code makes no second grant of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

from snowflake.oidc.exchange import taken_up
from snowflake.sandbox.discord import Failure
from snowflake.store.codes import RESERVATION
from tests.journeys.world import ADA
from tests.promises.house import House, Resident
from tests.promises.party import INVALID_GRANT, OUT, Party, error_of, tokens_of
from tests.running import Clock


@asynccontextmanager
async def stalling() -> AsyncIterator[tuple[asyncio.Event, asyncio.Event]]:
    """Stall the first request that has its code to itself; answer when it is, and how it ends."""
    stalled, goes_on = asyncio.Event(), asyncio.Event()

    async def stall(*arguments: Any) -> Any:
        if not stalled.is_set():
            stalled.set()
            await goes_on.wait()
        return await taken_up(*arguments)

    with patch("snowflake.oidc.newcomers.taken_up", stall):
        yield stalled, goes_on


async def code_with_what_discord_gave(house: House, snowflake: Resident, party: Party) -> str:
    """Get a code for which Discord has given its tokens, so that two could redeem it."""
    code = await party.code(snowflake.http)
    house.discord.fail("me", Failure.UNAVAILABLE, times=None)
    outage = await party.redeem(snowflake.http, code)
    assert error_of(outage) == OUT
    house.discord.heal()
    await snowflake.come_back(outage)
    return code


async def grants(snowflake: Resident) -> int:
    return len(await snowflake.state.store.grants.of_person(ADA))


async def test_of_two_that_redeem_a_code_after_a_stall_one_makes_a_grant(
    house: House, snowflake: Resident, party: Party
) -> None:
    other = await house.snowflake()
    code = await code_with_what_discord_gave(house, snowflake, party)
    async with stalling() as (stalled, goes_on):
        late = asyncio.create_task(party.redeem(snowflake.http, code))
        await stalled.wait()
        asking = snowflake.state.settings.discord_deadline.total_seconds()
        house.clock.pass_by(asking + RESERVATION + 1)
        tokens = tokens_of(await party.redeem(other.http, code))
        goes_on.set()
        assert error_of(await late) == INVALID_GRANT
    assert await grants(snowflake) == 1
    # The login that was told of lives.
    assert (await party.userinfo(snowflake.http, tokens)).status_code == 200
    tokens_of(await party.refresh(other.http, tokens["refresh_token"]))


async def test_of_two_machines_whose_clocks_differ_one_makes_a_grant(
    house: House, snowflake: Resident, party: Party
) -> None:
    ahead = Clock()
    ahead.now = house.clock() + 45
    other = await house.snowflake(ahead)
    code = await code_with_what_discord_gave(house, snowflake, party)
    async with stalling() as (stalled, goes_on):
        late = asyncio.create_task(party.redeem(snowflake.http, code))
        await stalled.wait()
        # To the other one, the first has had the code for too long already.
        tokens = tokens_of(await party.redeem(other.http, code))
        goes_on.set()
        assert error_of(await late) == INVALID_GRANT
    assert await grants(snowflake) == 1
    assert (await party.userinfo(snowflake.http, tokens)).status_code == 200
