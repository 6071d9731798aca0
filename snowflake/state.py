"""What every request has: made once at the start, passed to each endpoint."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from snowflake.discord.client import DiscordClient
from snowflake.errors import TemporarilyUnavailable
from snowflake.keyring import KeyRing
from snowflake.sealing import Sealer
from snowflake.secret_hashes import SecretHashes
from snowflake.settings import REPOSITORY, Settings
from snowflake.store import Store
from snowflake.store.url import store_url
from snowflake.turns import Turns

#: Seconds between two rounds of what is done in the background.
ROUND_EVERY = 30


@dataclass(frozen=True, slots=True)
class State:
    """The parts of a running Snowflake. ``clock`` tells Unix time in seconds."""

    settings: Settings
    keys: KeyRing
    sealer: Sealer
    store: Store
    secret_hashes: SecretHashes
    turns: Turns
    discord: DiscordClient
    clock: Callable[[], float]

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, clock: Callable[[], float] = time.time, *, wait: bool = False
    ) -> AsyncIterator["State"]:
        """Open the store, load the keys, open the connections to Discord.

        With ``wait``, wait for as long as the database cannot be reached.

        Raises:
            StartFault: a key is damaged, or the store is sealed under another.
            TemporarilyUnavailable: the database cannot be reached.
        """
        sealer = Sealer.load(settings)
        async with (
            Store.open(store_url(settings), sealer, clock, wait=wait) as store,
            DiscordClient.open(settings.discord_api_url, REPOSITORY) as discord,
        ):
            keys = await KeyRing.open(settings, store, clock)
            yield cls(settings, keys, sealer, store, SecretHashes(), Turns(), discord, clock)

    async def work(self) -> None:
        """Do in the background what no request waits for, until cancelled.

        Every process follows the keys of the store; one at a time cleans up.
        """
        while True:
            try:
                await self.keys.look()
                await self.store.housekeeping.run(self.keys.keep_fresh)
            except TemporarilyUnavailable:
                # The store has logged it; the next round finds it again.
                pass
            await asyncio.sleep(ROUND_EVERY)


def state_of(request: Request) -> State:
    """Answer the state of the application that serves this request."""
    return cast(State, request.app.state.snowflake)
