"""Cases for the doctor: a configuration, and a Discord that answers as a test says."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

from snowflake.discord.client import DiscordClient
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.examination import Check
from snowflake.operator.doctor.finding import Finding
from snowflake.settings import REPOSITORY, Settings
from tests.running import Clock

Answer = Callable[[httpx.Request], httpx.Response]


def nobody(request: httpx.Request) -> httpx.Response:
    """Answer nothing."""
    raise httpx.ConnectError("nobody listens", request=request)


@asynccontextmanager
async def opened(
    settings: Settings, answer: Answer = nobody, clock: Clock | None = None
) -> AsyncIterator[Connections]:
    """Open connections in which all that is no call of a login is answered by a function."""
    async with (
        DiscordClient.open(
            settings.discord_api_url, REPOSITORY, bot_token=settings.discord_bot_token
        ) as discord,
        httpx.MockTransport(answer) as transport,
    ):
        yield Connections(settings, discord, transport, clock or Clock())


async def found(
    check: Check, settings: Settings, answer: Answer = nobody, clock: Clock | None = None
) -> list[Finding]:
    """Answer what a check finds."""
    async with opened(settings, answer, clock) as connections:
        return [finding async for finding in check(connections)]
