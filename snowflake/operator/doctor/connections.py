"""What every check has at hand."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from snowflake import __version__
from snowflake.discord.client import DiscordClient
from snowflake.outbound.connections import Transport
from snowflake.settings import REPOSITORY, Settings

#: Seconds for a request that the doctor makes by itself.
TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Connections:
    """A configuration, and the ways to ask others about it. ``clock`` tells Unix time in seconds.

    ``http`` is for what no login asks, of Discord too: the doctor looks at the bare answer, which
    no limit and no breaker may keep from it. It follows no redirect.
    """

    settings: Settings
    discord: DiscordClient
    http: httpx.AsyncClient
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
            httpx.AsyncClient(timeout=TIMEOUT, transport=Transport()) as http,
        ):
            yield cls(settings, discord, http, clock)

    async def ask_discord(self, path: str) -> httpx.Response:
        """Answer what Discord's API answers to a GET by nobody.

        Raises:
            httpx.HTTPError: it does not.
        """
        return await self._get(path, {})

    async def ask_bot(self, path: str) -> httpx.Response:
        """Answer what Discord's API answers to a GET by the bot. Raises as ``ask_discord``."""
        token = self.settings.discord_bot_token
        text = token.get_secret_value() if token is not None else ""
        # As bytes: an error that quotes the header would be one of text.
        return await self._get(path, {b"Authorization": f"Bot {text}".encode()})

    async def _get(self, path: str, headers: Mapping[bytes, bytes]) -> httpx.Response:
        agent = f"DiscordBot ({REPOSITORY}, {__version__})".encode()
        url = f"{self.settings.discord_api_url}{path}"
        return await self.http.get(url, headers={b"User-Agent": agent, **headers})
