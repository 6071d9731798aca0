"""Lookups that several ask for at once."""

import asyncio

import httpx
import pytest
from pydantic import SecretStr

from snowflake.concurrency.deadline import deadline
from snowflake.discord.client import DiscordClient
from snowflake.discord.models import User
from snowflake.errors import TemporarilyUnavailable
from tests.clocks import Times, settle
from tests.discord.calls import TOKEN, counted, page
from tests.running import USER, Discord


async def test_those_who_ask_for_the_same_share_one_request(
    client: DiscordClient, discord: Discord
) -> None:
    users = await asyncio.gather(*(client.user(TOKEN) for _ in range(8)))
    assert {user.id for user in users} == {USER["id"]}
    assert discord.user.call_count == 1
    await asyncio.gather(client.user(TOKEN), client.user(SecretStr("another")))
    assert discord.user.call_count == 3


async def test_who_shares_a_request_waits_no_longer_than_they_can(
    client: DiscordClient, discord: Discord, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = asyncio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        await answered.wait()
        return httpx.Response(200, json=dict(USER))

    monkeypatch.setattr("snowflake.discord.requests.GRACE", 0)
    discord.user.mock(side_effect=answer)
    first = asyncio.create_task(client.user(TOKEN))
    await settle()
    with deadline(0, times.clocks.now), pytest.raises(TemporarilyUnavailable):
        await client.user(TOKEN)
    answered.set()
    assert (await first).id == USER["id"]


async def test_who_shares_the_request_of_somebody_with_less_time_asks_again(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    async def in_a_hurry() -> None:
        with deadline(1, times.clocks.now):
            await client.user(TOKEN)

    discord.user.mock(return_value=counted(USER, 0, 2))
    await client.user(TOKEN)
    ends = await asyncio.gather(
        in_a_hurry(), *(client.user(TOKEN) for _ in range(3)), return_exceptions=True
    )
    assert isinstance(ends[0], TemporarilyUnavailable)
    assert [type(end) for end in ends[1:]] == [User] * 3
    assert discord.user.call_count == 2


async def test_who_shares_an_answer_that_cannot_be_used_does_not_ask_again(
    client: DiscordClient, discord: Discord
) -> None:
    discord.user.mock(return_value=page(403))
    calls = (client.user(TOKEN) for _ in range(4))
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(end) for end in ends} == {TemporarilyUnavailable}
    assert discord.user.call_count == 1
