"""Snowflakes inside the test: a real store, a simulated Discord, a time of our own."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any
from unittest.mock import patch

import httpx
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from snowflake.concurrency.deadline import Clocks
from snowflake.sandbox.discord import SimulatedDiscord
from snowflake.sandbox.serving import serving
from snowflake.settings import Settings
from snowflake.state import State
from snowflake.web.app import create_app
from tests.promises.party import Party
from tests.running import ORIGIN, Clock, browser_for, keys_checked_once

_client_ids = (str(number) for number in count(1_200_000_000_000_000_001))


@dataclass(frozen=True)
class Resident:
    """One Snowflake of the house."""

    state: State
    http: httpx.AsyncClient

    async def come_back(self, outage: httpx.Response) -> None:
        """Let the time pass after which an answer says that Discord may be asked again."""
        await self.state.discord._sender._clocks.sleep(float(outage.headers["retry-after"]))


@dataclass
class House:
    """A Discord, and any number of Snowflakes with one store. All have one clock."""

    discord: SimulatedDiscord
    settings: Settings
    clock: Clock
    stack: AsyncExitStack = field(repr=False)

    async def snowflake(self, clock: Callable[[], float] | None = None) -> Resident:
        """Start a Snowflake, which ends with the test."""
        return await self.stack.enter_async_context(resident(self.settings, clock or self.clock))

    def party(self, *, public: bool = False) -> Party:
        return Party(self.discord, ORIGIN, next(_client_ids), public=public)


def skipping() -> dict[str, Callable[..., Any]]:  # what Clocks takes
    """Answer clocks by which a wait for Discord is over at once."""
    skipped = [0.0]

    async def sleep(seconds: float) -> None:
        skipped[0] += seconds

    return {"now": lambda: time.monotonic() + skipped[0], "sleep": sleep}


@asynccontextmanager
async def resident(settings: Settings, clock: Callable[[], float]) -> AsyncIterator[Resident]:
    """Run a Snowflake until the block ends."""
    app = create_app(settings, clock)
    async with AsyncExitStack() as stack:
        discord_clocks = partial(Clocks, **skipping())
        with (
            keys_checked_once(),
            patch("snowflake.state.state.Clocks", discord_clocks),
        ):
            await stack.enter_async_context(app.router.lifespan_context(app))
        http = await stack.enter_async_context(browser_for(app))
        yield Resident(app.state.snowflake, http)


class Door:
    """Where the Discord of the test under way is reached. Opening one takes longer than a login."""

    origin: str
    discord: SimulatedDiscord

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.discord.app(scope, receive, send)

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["Door"]:
        """Listen until the block ends."""
        door = cls()
        with serving(door) as door.origin:
            yield door


def settings_for(database_url: str, discord_origin: str, **further: object) -> Settings:
    """Answer the settings of a Snowflake with this store and this Discord."""
    return Settings(
        allowed_hosts=("snowflake.example.com",),
        database_url=SecretStr(database_url),
        discord_api_url=f"{discord_origin}/api/v10",
        discord_authorize_url=f"{discord_origin}/oauth2/authorize",
        **further,  # type: ignore[arg-type]
    )
