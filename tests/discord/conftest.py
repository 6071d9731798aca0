from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from snowflake.discord.client import DiscordClient
from tests.clocks import Times
from tests.running import DISCORD_API, Discord

REPOSITORY = "https://github.example/snowflake"


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
async def client(discord: Discord, times: Times) -> AsyncIterator[DiscordClient]:
    async with DiscordClient.open(
        DISCORD_API, REPOSITORY, clocks=times.clocks, bot_token=SecretStr("bot-token")
    ) as client:
        yield client
