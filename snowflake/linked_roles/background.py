"""What keeps all links true: one process at a time, one person at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from typing import Final

import structlog

from snowflake.concurrency.background import in_background
from snowflake.errors import OAuthError, UpstreamError, UpstreamRefused
from snowflake.linked_roles.everybody import MOST_FAILURES, concerns_all
from snowflake.linked_roles.own import table_of
from snowflake.linked_roles.register import changes
from snowflake.linked_roles.schema import schema_of
from snowflake.linked_roles.sync import Outcome, Refusals, sync
from snowflake.state import State
from snowflake.telemetry.metrics import LINK_SYNCS

#: The lease of whoever does it.
NAME: Final = "linked roles"
#: Seconds between two looks for links that are due.
LOOK_EVERY: Final = 10.0
#: Links that are looked up at once. Whoever is hastened meanwhile is in the next batch.
BATCH: Final = 20
#: Seconds for which a process has the work to itself, from one person to the next.
LEASE: Final = 180
#: Seconds after which somebody is tried again who has failed; longer each time if it is they.
RETRY_AFTER: Final = 600

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def keeping_true(state: State) -> AsyncIterator[None]:
    """Keep links true in the background during the block. There are linked roles.

    At the end the person under way is finished; the others wait for the next start, or for another
    process.
    """
    rounds = Rounds(state)
    async with in_background(rounds.work, rounds.ended.set):
        yield


class Rounds:
    """The rounds of one process, until they are ``ended``."""

    def __init__(self, state: State) -> None:
        self.ended = asyncio.Event()
        self._state, self._table = state, table_of(state.settings)
        self._refusals = Refusals()
        #: The Unix time from which our conditions are compared with Discord's; None once they are.
        self._compare_from: float | None = 0.0
        self._told_of_elsewhere = False

    async def work(self) -> None:
        """Do rounds until the end."""
        while not self.ended.is_set():
            await self._guarded(self.compare_schema)
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
            for person in due:
                if self.ended.is_set() or failures == MOST_FAILURES:
                    return
                if not await self._state.store.leases.extend(NAME, holder, LEASE):
                    return
                try:
                    self._note(await sync(person, self._state, self._refusals))
                except UpstreamRefused as error:
                    await self._failed(person, error)
                    _log.error(
                        "upstream_refuses_everybody",
                        message="nobody else is ended until it knows somebody again",
                    )
                    return
                except (OAuthError, UpstreamError) as error:
                    await self._failed(person, error)
                    failures += concerns_all(error)
                except Exception:  # noqa: BLE001 - logged, and must not keep others out for ever
                    _log.exception("unexpected_error", person=person)
                    await self._postpone(person, longer=True)
                else:
                    failures = 0

    async def _due(self) -> tuple[str, ...]:
        """Answer who is due and has not just failed, those first who wait longest."""
        now, every = self._state.clock(), self._table.sync_every.total_seconds()
        # Whoever is hastened is due even where nobody is for the time alone.
        before = int(now - every) if every else 1
        return await self._state.store.links.due(before, int(now), BATCH)

    def _note(self, outcome: Outcome) -> None:
        if outcome == "elsewhere" and not self._told_of_elsewhere:
            self._told_of_elsewhere = True
            _log.warning(
                "links_of_another_issuer",
                message="linked_roles.issuer is another one than when they linked; they have to "
                "link again",
            )

    async def _failed(self, person: str, error: OAuthError | UpstreamError) -> None:
        cause = getattr(error, "cause", None) or str(error)
        _log.warning("link_sync_failed", error=type(error).__name__, cause=cause, person=person)
        await self._postpone(person, longer=not concerns_all(error))

    async def _postpone(self, person: str, *, longer: bool) -> None:
        LINK_SYNCS.labels("failed").inc()
        now = int(self._state.clock())
        await self._state.store.links.postpone(person, now, RETRY_AFTER, longer=longer)

    async def compare_schema(self) -> None:
        """Warn once of conditions that Discord has otherwise."""
        if self._compare_from is None or self._state.clock() < self._compare_from:
            return
        if self._state.settings.discord_bot_token is None:
            self._compare_from = None
            _log.info("linked_roles_not_compared", message="there is no bot to ask Discord with")
            return
        self._compare_from = self._state.clock() + RETRY_AFTER
        ours = schema_of(self._table)
        name = sha256(repr(ours).encode()).hexdigest()[:16]
        # Workers that start at the same time need not all say it.
        leases = self._state.store.leases
        holder = await leases.take(f"linked roles schema {name}", LEASE)
        if holder is not None:
            try:
                self._warn(await changes(self._state.discord, self._state.settings))
            finally:
                await leases.give_back(f"linked roles schema {name}", holder)
        self._compare_from = None

    def _warn(self, different: list[str]) -> None:
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
