"""What every request has: made once at the start, passed to each endpoint."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from snowflake.discord.client import DiscordClient
from snowflake.keys import SigningKey
from snowflake.sealing import Sealer
from snowflake.settings import REPOSITORY, Settings


@dataclass(frozen=True, slots=True)
class State:
    """The parts of a running Snowflake. ``clock`` tells Unix time in seconds."""

    settings: Settings
    key: SigningKey
    sealer: Sealer
    discord: DiscordClient
    clock: Callable[[], float] = time.time

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator["State"]:
        """Load the keys and open the connections.

        Raises:
            StartFault: a key cannot be loaded or made.
        """
        key, sealer = SigningKey.load(settings), Sealer.load(settings)
        async with DiscordClient.open(settings.discord_api_url, REPOSITORY) as discord:
            yield cls(settings, key, sealer, discord)


def state_of(request: Request) -> State:
    """Answer the state of the application that serves this request."""
    return cast(State, request.app.state.snowflake)
