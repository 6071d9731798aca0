"""Ending sessions, so that every client that took part hears of it."""

import asyncio
from typing import Final

from snowflake.settings.registry import Registry
from snowflake.store import Store
from snowflake.store.sessions import Session, Which
from snowflake.telemetry.audit import audit


class Logout:
    """Ends sessions. ``due`` is set when clients are to be told by their servers."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store, self._registry = store, registry
        self.due: Final = asyncio.Event()

    async def end(self, which: Which, *, offline: bool = False) -> list[Session]:
        """End sessions and answer them; with ``offline``, grants too that would go on without.

        Raises:
            TemporarilyUnavailable: the store cannot be reached. Nothing has ended.
        """
        ended = await self._store.sessions.end(which, told=self.told, offline=offline)
        for one in ended:
            audit("logout", "ended", person=one.person)
        self.due.set()
        return ended

    async def erase(self, person: str) -> None:
        """Erase everything that is kept about a person, their sessions included."""
        await self._store.people.erase(person, told=self.told)
        self.due.set()

    @property
    def told(self) -> frozenset[str]:
        """The clients that hear of an end by their server."""
        return self._registry.told_of_logouts
