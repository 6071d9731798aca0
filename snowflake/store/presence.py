"""Which processes serve from a store, so that nobody moves it away under them.

Each holds a lease of its own. One that was killed is forgotten when its lease ends.
"""

import secrets
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, func, inspect, select

from snowflake.store.database import Database
from snowflake.store.leases import Leases
from snowflake.store.schema import leases

#: Seconds for which a process counts as running after it last said so, and between two times.
LEASE, SAID_EVERY = 90, 30
#: How the names of these leases begin.
PREFIX: Final = "running "


class Presence:
    """That this process serves from the store."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._name = PREFIX + secrets.token_hex(8)
        self._holder: str | None = None

    async def say(self) -> None:
        """Say that this process is running, for the next ``LEASE`` seconds."""
        holder = self._holder
        if holder is None or not await self._leases.extend(self._name, holder, LEASE):
            self._holder = await self._leases.take(self._name, LEASE)

    async def end(self) -> None:
        """Say that it is not any more."""
        if self._holder is not None:
            await self._leases.give_back(self._name, self._holder)
            self._holder = None


async def running_on(database: Database, clock: Callable[[], float]) -> int:
    """Answer how many processes serve from a database, which may have no tables yet.

    Raises:
        TemporarilyUnavailable: it cannot be reached.
    """

    def count(connection: Connection) -> int:
        if not inspect(connection).has_table(leases.name):
            return 0
        now = int(database.now(connection, clock))
        living = select(func.count()).where(leases.c.name.startswith(PREFIX), leases.c.until > now)
        return connection.execute(living).scalar_one()

    return await database.read(count)
