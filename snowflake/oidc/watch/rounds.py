"""The rounds of one process at a time.

They go from top to bottom through this file::

    work       rounds until the end
    round      whoever holds something of a watched client is taken up; then those who are due
    _turns     the turns of some who are due, so slowly that logins come first
    _turn      one person: a look, and what comes of it
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

import structlog

from snowflake.concurrency.background import in_background
from snowflake.errors import TemporarilyUnavailable
from snowflake.oidc.watch.pace import Pace
from snowflake.oidc.watch.second_look import Look, guilds_of, look_at
from snowflake.settings.client import Client
from snowflake.settings.registry import ClientIds
from snowflake.state import State
from snowflake.telemetry.audit import audit
from snowflake.telemetry.metrics import WATCHED

#: The lease of whoever does it.
NAME: Final = "watch"
#: Seconds for which a process has the work to itself, from some people to the next. So long after
#: it has died, another goes on.
LEASE: Final = 20
#: Part of ``watch`` after which somebody is due.
DUE_AFTER: Final = 0.75
#: Looks for people who are due in the time of one ``watch``, and the seconds between two at most.
LOOKS, LONGEST_REST = 20, 10.0
#: People whose turns come without another look for who is due, and at the same time.
BATCH, AT_ONCE = 20, 4

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def watching(state: State) -> AsyncIterator[None]:
    """Look again in the background during the block, if there is a bot.

    At the end those under way are finished; the others wait for the next start, or for another
    process.
    """
    if state.settings.discord_bot_token is None:
        yield
        return
    rounds = Rounds(state)
    async with in_background(rounds.work, rounds.ended.set):
        yield


class Rounds:
    """The rounds of one process, until they are ``ended``."""

    def __init__(self, state: State) -> None:
        self.ended = asyncio.Event()
        self._state, self._people = state, state.store.watched_people
        self._pace = Pace(state.discord)
        self._holder: str | None = None
        self._is_out = False

    async def work(self) -> None:
        """Do rounds until the end."""
        while not await self._rest(self._between_rounds()):
            try:
                await self.round()
            except TemporarilyUnavailable as error:
                # Housekeeping, which is done less often, tells it louder.
                _log.debug("watch_postponed", cause=error.cause)
            except Exception:  # noqa: BLE001 - it is logged, and there is nobody to raise it to
                # Whatever it was, the next round must come.
                _log.exception("unexpected_error")
        if self._holder is not None:
            with suppress(TemporarilyUnavailable):
                await self._state.store.leases.give_back(NAME, self._holder)

    async def round(self) -> None:
        """Look at whoever is due, unless another process is at it.

        Raises:
            TemporarilyUnavailable: the store cannot be reached.
        """
        watches = self._state.registry.watches
        if not watches or not await self._leads():
            return
        for clients in watches.values():
            await self._people.enrol(clients)
        # Whoever is looked at seldom must not keep those waiting who are looked at often.
        while any([await self._turns(every, clients) for every, clients in watches.items()]):
            pass

    def _between_rounds(self) -> float:
        shortest = min(self._state.registry.watches, default=timedelta.max)
        return min(shortest.total_seconds() / LOOKS, LONGEST_REST)

    async def _leads(self) -> bool:
        """Whether it is this process that looks, from now on for ``LEASE`` seconds."""
        leases, holder = self._state.store.leases, self._holder
        if holder is None or not await leases.extend(NAME, holder, LEASE):
            self._holder = await leases.take(NAME, LEASE)
        return self._holder is not None

    async def _turns(self, watch: timedelta, clients: ClientIds) -> bool:
        """Give those their turns who wait longest, and answer whether more may be due."""
        now, every = self._state.clock(), watch.total_seconds()
        before = int(now - every * DUE_AFTER)
        due = await self._people.due(clients, before, BATCH)
        if not due:
            return False
        waiting = await self._people.waiting(before)
        rate = self._pace.rate(due[0], waiting, every, now)
        for start in range(0, len(due), AT_ONCE):
            some = [one.person for one in due[start : start + AT_ONCE]]
            theirs = {person: await self._clients_of(person) for person in some}
            if not await self._is_time(theirs, rate) or not await self._leads():
                return False
            turns = await _all_of(self._turn(*one) for one in theirs.items())
            if not all(turns):
                return False
        return len(due) == BATCH

    async def _clients_of(self, person: str) -> list[Client]:
        """Answer the watched clients of which somebody holds something."""
        find, clients = self._state.registry.find, []
        for held in sorted(await self._people.clients_of(person)):
            client = find(held.client_id)
            # What came through another application is worth nothing, and not for this gate to end.
            if client is not None and client.application == held.application and client.is_watched:
                clients.append(client)
        return clients

    async def _is_time(self, theirs: Mapping[str, Sequence[Client]], rate: float) -> bool:
        """Wait until some people may be looked up; answers False if they have to wait longer."""
        guilds = [guild for clients in theirs.values() for guild in guilds_of(clients)]
        wait = self._pace.wait(guilds, rate)
        return wait is not None and not await self._rest(wait)

    async def _turn(self, person: str, clients: Sequence[Client]) -> bool:
        """Look at somebody, and answer whether Discord could be asked."""
        state, now = self._state, self._state.clock()
        look = await look_at(person, clients, state.memory, state.discord.bot, now)
        await self._heed(person, look)
        # Whoever could not be seen waits for their next turn like all others: one of whom Discord
        # never says anything must not keep them from theirs.
        await self._people.note(person, int(now - look.age))
        return self._note_outage(look.outage)

    async def _heed(self, person: str, look: Look) -> None:
        common_has_failed = False
        for client, conditions in look.refused:
            # With the first of those that share the common gate, somebody loses all of them.
            if not (client.shares_access and common_has_failed):
                await self._state.logout.turn_away(person, client, conditions)
            common_has_failed |= client.shares_access
            reason = ", ".join(conditions)
            audit("watch", "turned_away", client=client.id, person=person, conditions=reason)
        seen = "postponed" if look.missed else "passed"
        WATCHED.labels("turned_away" if look.refused else seen).inc()

    def _note_outage(self, outage: TemporarilyUnavailable | None) -> bool:
        """Answer whether there is none, and say it once if there is."""
        if outage is not None and not self._is_out:
            cause = outage.cause or outage.description
            _log.warning("watch_postponed", cause=cause, message="nothing ends meanwhile")
        if outage is not None:
            self._pace.catch_up()
        self._is_out = outage is not None
        return outage is None

    async def _rest(self, seconds: float) -> bool:
        """Wait, and answer whether the end has come."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ended.wait(), seconds)
        return self.ended.is_set()


async def _all_of(turns: Iterable[Coroutine[None, None, bool]]) -> list[bool]:
    """Do all of them at the same time, to their ends, and answer or raise what comes of it."""
    tasks = [asyncio.create_task(turn) for turn in turns]
    # A statement that is cut off would leave its connection in disorder.
    await asyncio.gather(*tasks, return_exceptions=True)
    return [task.result() for task in tasks]
