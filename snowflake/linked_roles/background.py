"""What keeps all links true: one process at a time, one person at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from snowflake.errors import OAuthError, UpstreamError
from snowflake.linked_roles.own import table_of
from snowflake.linked_roles.register import changes
from snowflake.linked_roles.sync import sync
from snowflake.metrics import LINK_SYNCS
from snowflake.state import State
from snowflake.store.links import Link

#: The lease of whoever does it.
NAME: Final = "linked roles"
#: Seconds between two looks for links that are due.
LOOK_EVERY: Final = 10.0
#: Links that are looked up at once. Whoever is hastened meanwhile is in the next batch.
BATCH: Final = 20
#: Seconds for which a process has the work to itself, from one person to the next.
LEASE: Final = 180
#: Failures in a row after which it is not the person but the provider, or Discord.
MOST_FAILURES: Final = 3
#: Seconds after which somebody is tried again who has failed.
RETRY_AFTER: Final = 600

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def keeping_true(state: State) -> AsyncIterator[None]:
    """Keep links true in the background during the block, if there are linked roles.

    At the end the person under way is finished; the others wait for the next start, or for another
    process.
    """
    if state.settings.linked_roles is None:
        yield
        return
    rounds = Rounds(state)
    work = asyncio.create_task(rounds.work())
    try:
        yield
    finally:
        rounds.ended.set()
        await work


class Rounds:
    """The rounds of one process, until they are ``ended``."""

    def __init__(self, state: State) -> None:
        self.ended = asyncio.Event()
        self._state, self._table = state, table_of(state)
        #: Who has failed -> the Unix time before which they are not tried again.
        self._postponed: dict[str, float] = {}

    async def work(self) -> None:
        """Do rounds until the end."""
        await self._guarded(self._compare_schema)
        while not self.ended.is_set():
            await self._guarded(self.round)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), LOOK_EVERY)

    async def round(self) -> None:
        """Bring up to date whoever is due, unless another process is at it."""
        if not await self._due():
            return
        holder = await self._state.store.leases.take(NAME, LEASE)
        if holder is None:
            return
        try:
            await self._round(holder)
        finally:
            await self._state.store.leases.give_back(NAME, holder)

    async def _round(self, holder: str) -> None:
        failures = 0
        while due := await self._due():
            for link in due:
                if self.ended.is_set() or failures == MOST_FAILURES:
                    return
                if not await self._state.store.leases.extend(NAME, holder, LEASE):
                    return
                failures = 0 if await self._try(link) else failures + 1

    async def _due(self) -> list[Link]:
        """Answer who is due and has not just failed, those first who wait longest."""
        now, every = self._state.clock(), self._table.sync_every.total_seconds()
        self._postponed = {who: until for who, until in self._postponed.items() if until > now}
        # Whoever is hastened is due even where nobody is for the time alone.
        before = int(now - every) if every else 1
        due = await self._state.store.links.due(before, BATCH + len(self._postponed))
        return [link for link in due if link.person not in self._postponed]

    async def _try(self, link: Link) -> bool:
        try:
            await sync(link.person, self._state)
        except (OAuthError, UpstreamError) as error:
            cause = getattr(error, "cause", None) or str(error)
            _log.warning("link_sync_failed", error=type(error).__name__, cause=cause)
        except Exception:  # noqa: BLE001 - it is logged, and must not keep others out for ever
            _log.exception("unexpected_error")
        else:
            return True
        LINK_SYNCS.labels("failed").inc()
        self._postponed[link.person] = self._state.clock() + RETRY_AFTER
        return False

    async def _compare_schema(self) -> None:
        """Warn of conditions that Discord has otherwise, in one process of many."""
        if self._state.settings.discord_bot_token is None:
            return
        # Not given back: the others start at the same time.
        if await self._state.store.leases.take("linked roles schema", LEASE) is None:
            return
        different = await changes(self._state)
        if different:
            _log.warning(
                "linked_roles_not_registered",
                message="run 'snowflake linked-roles register'",
                different=different,
            )

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except OAuthError as error:
            _log.warning("linked_roles_postponed", error=error.code, reason=error.description)
        except Exception:  # noqa: BLE001 - it is logged, and there is nobody to raise it to
            # Whatever it was, the next round must come.
            _log.exception("unexpected_error")
