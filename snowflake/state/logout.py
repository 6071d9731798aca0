"""Ending sessions, so that every client that took part hears of it."""

import asyncio
from collections.abc import Collection
from typing import Final

from snowflake.settings.client import Client
from snowflake.settings.registry import Registry
from snowflake.store import Store
from snowflake.store.session_ends import Which
from snowflake.telemetry.audit import audit

#: Sessions that are looked for at once, where none are wanted.
BATCH: Final = 100


class Logout:
    """Ends sessions. ``due`` is set when clients are to be told by their servers."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store, self._registry = store, registry
        self.due: Final = asyncio.Event()

    async def end(self, which: Which, *, offline: bool = False) -> list[str]:
        """End sessions and answer whose they were; with ``offline``, grants too that would go on.

        Raises:
            TemporarilyUnavailable: the store cannot be reached. Nothing has ended.
        """
        ended = await self._store.session_ends.end(which, told=self.told, offline=offline)
        self._note(ended)
        self.due.set()
        return ended

    async def turn_away(self, person: str, client: Client, failed: Collection[str]) -> None:
        """Have somebody who passes a client's gate no more lose all that they have of it.

        ``failed`` are the conditions that do not hold. Whom the common ``[access]`` turns away
        loses all clients that have none of their own.

        Raises:
            TemporarilyUnavailable: the store cannot be reached.
        """
        is_common = self._registry.shares_refusal(client, failed)
        for each in self._registry.sharing_access if is_common else [client]:
            await self.leave(person, each.application, each.id)
        if is_common:
            await self.end(Which(person=person, application=client.application))

    async def leave(self, person: str, application: str, client_id: str) -> None:
        """Have a client lose all that it has of somebody, and hear of it.

        ``application`` is the Discord application through which they came.

        Raises:
            TemporarilyUnavailable: the store cannot be reached.
        """
        ends = self._store.session_ends
        self._note(await ends.leave(person, application, client_id, told=self.told))
        self.due.set()

    async def end_unwanted(self) -> None:
        """End all sessions: they were kept before, and nobody could sign out of them any more.

        Raises:
            TemporarilyUnavailable: the store cannot be reached. Those that are left come next time.
        """
        # One after the other, so that no login waits for all of them.
        while some := await self._store.sessions.some(BATCH):
            for session in some:
                await self.end(Which(session=session))

    async def erase(self, person: str) -> None:
        """Erase everything that is kept about a person, their sessions included."""
        await self._store.people.erase(person, told=self.told)
        self.due.set()

    @staticmethod
    def _note(ended: list[str]) -> None:
        for one in ended:
            audit("logout", "ended", person=one)

    @property
    def told(self) -> frozenset[str]:
        """The clients that hear of an end by their server."""
        return self._registry.told_of_logouts
