"""The deliveries of one process: which client is told now, and what comes of it.

Each client is told of one logout after the other, and many clients at once, so that one that hangs
keeps nobody else waiting.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final

import httpx
import structlog

from snowflake.concurrency.background import in_background
from snowflake.errors import TemporarilyUnavailable
from snowflake.oidc.backchannel_logout.attempt import Attempt, attempt
from snowflake.oidc.backchannel_logout.token import logout_token
from snowflake.outbound.transport import transport_to_any
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.logout_deliveries import LONGEST_PAUSE, Delivery
from snowflake.telemetry.audit import audit
from snowflake.telemetry.metrics import LOGOUT_DELIVERIES, LOGOUT_DELIVERIES_WAITING

#: Seconds between two looks for what others have written, or what is due again.
LOOK_EVERY: Final = 3.0
#: Seconds between two counts of all that waits.
COUNT_EVERY: Final = 30
#: Clients that are told at once.
AT_ONCE: Final = 32
#: Seconds until the first try again; after each further one it takes twice as long.
FIRST_PAUSE: Final = 5
_DOUBLINGS: Final = 7
#: How often a client may refuse: what it does not take three times it never takes.
MOST_REFUSALS: Final = 3
#: Seconds after which nothing is kept for a client that wants to be told nothing. Another process
#: may have read a newer configuration, in which it does.
OF_NOBODY: Final = 600

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def telling_clients(state: State) -> AsyncIterator[None]:
    """Tell clients in the background during the block.

    At the end the tries under way are finished; what else is due waits for the next start, or for
    another process.
    """
    async with transport_to_any(AT_ONCE) as transport:
        deliveries = Deliveries(state, transport)
        async with in_background(deliveries.work, deliveries.end):
            yield


class Deliveries:
    """The deliveries of one process, until it comes to an ``end``."""

    def __init__(self, state: State, transport: httpx.AsyncBaseTransport) -> None:
        self._state, self._transport = state, transport
        self._store = state.store.logout_deliveries
        self._has_ended = False
        self._room = asyncio.Semaphore(AT_ONCE)
        #: The clients that are being told, and those of them that were found due meanwhile.
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._counted_at: float | None = None

    def end(self) -> None:
        """Begin nothing more."""
        self._has_ended = True
        self._state.logout.due.set()

    async def work(self) -> None:
        """Look again and again until the end."""
        due = self._state.logout.due
        while not self._has_ended:
            due.clear()
            # Clients may be registered while it runs, none without an application of our own.
            if self._state.registry.application is not None:
                await self._guarded(self._look())
                await self._guarded(self._count())
            with suppress(TimeoutError):
                await asyncio.wait_for(due.wait(), LOOK_EVERY)
        await asyncio.gather(*self._under_way.values())

    async def round(self) -> None:
        """Tell everybody once who is to be told now."""
        await self._look()
        await asyncio.gather(*self._under_way.values())

    async def _look(self) -> None:
        for client_id in await self._store.clients_due():
            if client_id in self._under_way:
                self._again.add(client_id)
            else:
                telling = asyncio.create_task(self._guarded(self._tell(client_id)))
                self._under_way[client_id] = telling
                telling.add_done_callback(partial(self._told, client_id))

    def _told(self, client_id: str, _: asyncio.Task[None]) -> None:
        del self._under_way[client_id]
        if client_id in self._again:
            # It may have been due to what was written after this one had looked for the last time.
            self._again.remove(client_id)
            self._state.logout.due.set()

    async def _tell(self, client_id: str) -> None:
        """Tell a client of one logout after the other, for as long as there are any."""
        while not self._has_ended:
            # Another configuration may be in use since the last one.
            client = self._state.registry.find(client_id)
            if client is None or client.backchannel_logout_uri is None:
                await self._store.forget(client_id, OF_NOBODY)
                return
            async with self._room:
                delivery = await self._store.take(client_id)
                if delivery is None:
                    return
                await self._settle(delivery, await self._attempt(delivery, client))

    async def _attempt(self, delivery: Delivery, client: Client) -> Attempt:
        try:
            key, now = self._state.keys.signs_for(client), self._state.clock()
            token = logout_token(delivery, client, key, now)
            return await attempt(self._transport, client.backchannel_logout_uri or "", token)
        except Exception:  # noqa: BLE001 - logged, and must not keep the next ones waiting for ever
            _log.exception("unexpected_error")
            return Attempt("failed", "a fault of ours")

    async def _settle(self, delivery: Delivery, tried: Attempt) -> None:
        is_refusal = tried.outcome == "refused"
        if tried.outcome == "delivered":
            await self._close(delivery, "delivered")
            return
        LOGOUT_DELIVERIES.labels("failed").inc()
        pause = min(FIRST_PAUSE * 2 ** min(delivery.attempts - 1, _DOUBLINGS), LONGEST_PAUSE)
        is_too_late = self._state.clock() + pause >= delivery.expires_at
        if is_too_late or (is_refusal and delivery.refusals + 1 >= MOST_REFUSALS):
            await self._close(delivery, "given_up", reason=tried.reason)
            return
        await self._store.postpone(delivery, pause, refused=is_refusal)
        _log.warning(
            "logout_delivery_failed",
            client=delivery.client_id,
            reason=tried.reason,
            attempts=delivery.attempts,
            again_in=pause,
        )

    async def _close(self, delivery: Delivery, outcome: str, **more: str) -> None:
        await self._store.end(delivery)
        LOGOUT_DELIVERIES.labels(outcome).inc()
        audit(
            "backchannel_logout",
            outcome,
            client=delivery.client_id,
            person=delivery.person,
            attempts=delivery.attempts,
            **more,
        )

    async def _count(self) -> None:
        now = self._state.clock()
        if self._counted_at is None or abs(now - self._counted_at) >= COUNT_EVERY:
            self._counted_at = now
            LOGOUT_DELIVERIES_WAITING.set(await self._store.count())

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except TemporarilyUnavailable as error:
            _log.warning("logout_deliveries_postponed", cause=error.cause)
        except Exception:  # noqa: BLE001 - it is logged, and there is nobody to raise it to
            # Whatever it was, the next look must come.
            _log.exception("unexpected_error")
