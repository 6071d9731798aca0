"""What every request has: made once at the start, passed to each endpoint."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import cast

import structlog
from starlette.requests import Request

from snowflake.concurrency.deadline import Clocks
from snowflake.concurrency.single_flight import SingleFlight
from snowflake.concurrency.turns import Turns
from snowflake.crypto.sealing import SECRET_FILE, Sealer, makes_secret
from snowflake.crypto.secret_hashes import SecretHashes
from snowflake.discord.client import DiscordClient
from snowflake.errors import TemporarilyUnavailable
from snowflake.people.subjects import Subjects
from snowflake.settings import REPOSITORY, Settings
from snowflake.settings.registry import Registry
from snowflake.state.client_keys import ClientKeys
from snowflake.state.client_reputation import Reputation
from snowflake.state.key_ring import KeyRing
from snowflake.state.limiter import Limiter
from snowflake.state.logout import Logout
from snowflake.state.memberships import Memory
from snowflake.state.subjects import load_subjects
from snowflake.store import Store, check_key_may_be_made
from snowflake.store.presence import SAID_EVERY
from snowflake.store.url import place_for_store, store_url
from snowflake.upstream.client import Upstream
from snowflake.upstream.narrowing import Demands

_log = structlog.get_logger(__name__)

#: Seconds between two rounds of what is done in the background.
ROUND_EVERY = 30
#: Seconds between two looks for keys that were rotated elsewhere.
LOOK_EVERY = 3


@dataclass(frozen=True, slots=True)
class State:
    """The parts of a running Snowflake. ``clock`` tells Unix time in seconds.

    ``upstream`` is the provider of linked roles, if there are any; ``freshening`` are the grants
    whose claims UserInfo is bringing up to date.
    """

    settings: Settings
    registry: Registry
    keys: KeyRing
    subjects: Subjects
    sealer: Sealer
    store: Store
    secret_hashes: SecretHashes
    limiter: Limiter
    reputation: Reputation
    turns: Turns
    discord: DiscordClient
    memory: Memory
    freshening: SingleFlight
    logout: Logout
    upstream: Upstream | None
    client_keys: ClientKeys
    clock: Callable[[], float]

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, clock: Callable[[], float] = time.time, *, wait: bool = False
    ) -> AsyncIterator["State"]:
        """Open the store, load the keys, open the connections to Discord.

        With ``wait``, wait for as long as the database cannot be reached.

        Raises:
            StartFault: a key is damaged or not there, or the store is sealed under another.
            TemporarilyUnavailable: the database cannot be reached.
        """
        sealer = await _sealer(settings, wait=wait)
        async with AsyncExitStack() as stack:
            url = place_for_store(settings)
            store = await stack.enter_async_context(Store.open(url, sealer, clock, wait=wait))
            limiter = Limiter(store.attempts, sealer, clock)
            reputation = Reputation(store, limiter, sealer, clock)
            discord = await stack.enter_async_context(
                DiscordClient.open(
                    settings.discord_api_url,
                    REPOSITORY,
                    deadline=settings.discord_deadline.total_seconds(),
                    on_invalid=reputation.invalid_answers.note,
                    clocks=Clocks(unix=clock),
                    bot_token=settings.discord_bot_token,
                )
            )
            upstream = None
            if (table := settings.linked_roles) is not None:
                upstream = await stack.enter_async_context(
                    Upstream.open(
                        table.issuer,
                        table.client_id,
                        table.client_secret,
                        Demands(table.scopes, table.required_claims),
                        clock,
                    )
                )
            registry = Registry(settings)
            lifetime = settings.discord_cache.total_seconds()
            yield cls(
                settings=settings,
                registry=registry,
                keys=await KeyRing.open(settings, store, clock),
                subjects=await load_subjects(store, sealer, url),
                sealer=sealer,
                store=store,
                secret_hashes=SecretHashes(),
                limiter=limiter,
                reputation=reputation,
                turns=Turns(),
                discord=discord,
                memory=Memory(store.memberships, discord, lifetime, clock),
                freshening=SingleFlight(),
                logout=Logout(store, registry),
                upstream=upstream,
                client_keys=await stack.enter_async_context(ClientKeys.open(clock)),
                clock=clock,
            )

    def use(self, settings: Settings) -> None:
        """Go by what these settings say of clients from now on."""
        self.registry.use(settings)
        self.keys.use(settings)
        self.client_keys.use(settings)

    async def take_up(self, settings: Settings) -> None:
        """Go by what these settings say of clients, once there are the keys that they need.

        All goes on as before until every process publishes them, and for as long as the store
        cannot be asked for any.
        """
        while True:
            try:
                await self.keys.make_for(settings)
                break
            except TemporarilyUnavailable as error:
                _log.warning("configuration_waits", message="for a new key", cause=error.cause)
                await asyncio.sleep(LOOK_EVERY)
        if (seconds := self.keys.unheard_of(settings)) > 0:
            _log.info("configuration_waits", message="until all publish the new key")
            await asyncio.sleep(seconds)
        self.use(settings)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Do in the background, during the block, what no request waits for.

        Every process tells the store that it is running, follows its keys and tells it of
        Discord's invalid answers; one at a time cleans up. At the end a round under way is
        finished: a statement that is cut off would leave its connection in disorder.
        """
        ended = asyncio.Event()
        presence = self.store.presence
        # Where the store has just gone away, a round says it soon.
        with suppress(TemporarilyUnavailable):
            await presence.say()
        rounds = [
            asyncio.create_task(_repeat(presence.say, SAID_EVERY, ended)),
            asyncio.create_task(_repeat(self._round, ROUND_EVERY, ended)),
            asyncio.create_task(_repeat(self.keys.follow, LOOK_EVERY, ended)),
        ]
        try:
            yield
        finally:
            ended.set()
            await asyncio.gather(*rounds)
            with suppress(TemporarilyUnavailable):
                await presence.end()

    async def _round(self) -> None:
        await self.reputation.invalid_answers.settle()
        others = [self.store.attempts.forget_old, self.keys.keep_fresh]
        if not self.settings.session_lifetime:
            others.append(self.logout.end_unwanted)
        await self.store.housekeeping.run(*others)


async def _sealer(settings: Settings, *, wait: bool) -> Sealer:
    """Answer what seals. No key is made where the store needs the one that is not there."""
    if makes_secret(settings):
        path = settings.data_dir / SECRET_FILE
        await check_key_may_be_made(store_url(settings), path, wait=wait)
    return Sealer.load(settings)


async def _repeat(work: Callable[[], Awaitable[None]], every: float, ended: asyncio.Event) -> None:
    """Do work every so many seconds until the end, whatever comes of it."""
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), every)
        if ended.is_set():
            return
        try:
            await work()
        except TemporarilyUnavailable as error:
            # Of two that fail for one reason, the one that is done less often tells it.
            log = _log.warning if every >= ROUND_EVERY else _log.debug
            log("background_work_postponed", cause=error.cause)
        except Exception:  # noqa: BLE001 - it is logged, and there is nobody to raise it to
            # Whatever it was, the next round must come.
            _log.exception("unexpected_error")


def state_of(request: Request) -> State:
    """Answer the state of the application that serves this request."""
    return cast(State, request.app.state.snowflake)
