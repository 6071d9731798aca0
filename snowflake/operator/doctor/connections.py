"""What every check has at hand."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from snowflake import __version__
from snowflake.discord.client import DiscordClient
from snowflake.outbound.answer import Answer
from snowflake.outbound.sending import send
from snowflake.outbound.transport import transport_to_any
from snowflake.settings import REPOSITORY, Settings

#: Seconds and bytes for a request that the doctor makes by itself, and how many at once.
SECONDS: Final = 10.0
MAX_ANSWER: Final = 1_000_000
MAX_CONNECTIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Connections:
    """A configuration, and the ways to ask others about it. ``clock`` tells Unix time in seconds.

    ``transport`` is for what no login asks, of Discord too: the doctor looks at the bare answer,
    which no limit and no breaker may keep from it.
    """

    settings: Settings
    discord: DiscordClient
    transport: httpx.AsyncBaseTransport
    clock: Callable[[], float]

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, clock: Callable[[], float] = time.time
    ) -> AsyncIterator["Connections"]:
        """Open the connections."""
        async with (
            DiscordClient.open(
                settings.discord_api_url, REPOSITORY, bot_token=settings.discord_bot_token
            ) as discord,
            transport_to_any(MAX_CONNECTIONS) as transport,
        ):
            yield cls(settings, discord, transport, clock)

    async def ask_discord(self, path: str) -> Answer:
        """Answer what Discord's API answers to a GET by nobody.

        Raises:
            NoAnswer: it does not.
        """
        return await self._ask(path, {})

    async def ask_bot(self, path: str) -> Answer:
        """Answer what Discord's API answers to a GET by the bot. Raises as ``ask_discord``."""
        token = self.settings.discord_bot_token
        text = token.get_secret_value() if token is not None else ""
        # As bytes: an error that quotes the header would be one of text.
        return await self._ask(path, {b"Authorization": f"Bot {text}".encode()})

    async def get(self, url: str, headers: Mapping[bytes, bytes] | None = None) -> Answer:
        """Answer what is at a URL, whatever its status, and follow no redirect.

        Raises:
            NoAnswer: nothing is, or not in time, or too much.
        """
        request = httpx.Request("GET", url, headers=headers)
        return await send(self.transport, request, seconds=SECONDS, size=MAX_ANSWER)

    async def post(self, url: str, form: bytes) -> Answer:
        """Answer what comes of a form that is sent to a URL. Else as ``get``."""
        headers = {b"Content-Type": b"application/x-www-form-urlencoded"}
        request = httpx.Request("POST", url, headers=headers, content=form)
        return await send(self.transport, request, seconds=SECONDS, size=MAX_ANSWER)

    async def _ask(self, path: str, headers: Mapping[bytes, bytes]) -> Answer:
        agent = f"DiscordBot ({REPOSITORY}, {__version__})".encode()
        url = f"{self.settings.discord_api_url}{path}"
        return await self.get(url, {b"User-Agent": agent, **headers})
