"""A Snowflake that runs inside the test, and the Discord that it asks."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

import httpx
import respx
from starlette.applications import Starlette

from snowflake.crypto.private_keys import parse_key, parse_keys
from snowflake.settings import Settings
from snowflake.state import State
from snowflake.state.key_ring import successions
from snowflake.web.app import create_app

ORIGIN = "https://snowflake.example.com"
DISCORD_API = "https://discord.com/api/v10"
NOW = 1_800_000_000

USER: Mapping[str, object] = {
    "id": "80351110224678912",
    "username": "nelly",
    "discriminator": "0",
    "global_name": "Nelly the Owl",
    "avatar": "8342729096ea3675442027381ff50dfe",
    "locale": "en-GB",
    "email": "nelly@example.com",
    "verified": True,
}
GUILDS = [{"id": "197038439483310086", "name": "Birds"}, {"id": "81384788765712384", "name": "API"}]
GATEWAY = {"url": "wss://gateway.discord.gg"}
TOKENS: Mapping[str, object] = {
    "access_token": "discord-access-token",
    "token_type": "Bearer",
    "expires_in": 604800,
    "refresh_token": "discord-refresh-token",
    "scope": "identify email guilds",
}


#: Checking a key takes longer than all else that a start does; each of the tests' is checked once.
CHECKED_ONCE = {"parse_key": cache(parse_key), "parse_keys": cache(parse_keys)}


def keys_checked_once() -> AbstractContextManager[object]:
    """Let whatever starts during the block take a key for good that has been good before."""
    return patch.dict(vars(successions), CHECKED_ONCE)


class Clock:
    """A clock that moves when a test says so."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


class Discord:
    """The calls that Snowflake makes, answered well unless a test says otherwise."""

    def __init__(self, router: respx.MockRouter) -> None:
        self.router = router
        self.calls = router.calls
        self.token = router.post(f"{DISCORD_API}/oauth2/token").respond(json=dict(TOKENS))
        self.user = router.get(f"{DISCORD_API}/users/@me").respond(json=dict(USER))
        self.guilds = router.get(f"{DISCORD_API}/users/@me/guilds").respond(json=GUILDS)
        self.gateway = router.get(f"{DISCORD_API}/gateway").respond(json=GATEWAY)

    def grants(self, scope: str) -> None:
        self.token.respond(json={**TOKENS, "scope": scope})

    def knows(self, **changes: object) -> None:
        """Change what Discord says of the person; None stands for Discord's null."""
        self.user.respond(json={**USER, **changes})


@dataclass
class Snowflake:
    """A running Snowflake and a browser that keeps its cookies."""

    app: Starlette
    browser: httpx.AsyncClient
    clock: Clock
    discord: Discord
    settings: Settings

    def another_browser(self, origin: str = ORIGIN) -> httpx.AsyncClient:
        return browser_for(self.app, origin)

    @property
    def state(self) -> State:
        state: State = self.app.state.snowflake
        return state


def browser_for(app: Starlette, origin: str = ORIGIN) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=origin)


@asynccontextmanager
async def running(
    settings: Settings, clock: Clock, discord: Discord, origin: str = ORIGIN
) -> AsyncIterator[Snowflake]:
    """Start and stop the application as a server does, but for the clock."""
    app = create_app(settings, clock)
    async with AsyncExitStack() as stack:
        with keys_checked_once():
            await stack.enter_async_context(app.router.lifespan_context(app))
        browser = await stack.enter_async_context(browser_for(app, origin))
        yield Snowflake(app, browser, clock, discord, settings)
