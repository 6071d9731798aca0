"""Work that one process at a time does, across all processes on one database.

A lease is a row with a time until which its holder has the work to itself. A holder that dies
holds it no longer than that, and no connection has to stay open meanwhile. All go by the clock of
the database: by its own, a machine that is ahead would find every lease ended, and two would do at
once what works once.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import Connection, bindparam, delete, update

from snowflake.errors import Busy
from snowflake.store.database import Database
from snowflake.store.prepared import Prepared
from snowflake.store.schema import leases

#: Seconds between two looks at a lease that somebody else holds.
PAUSE = 0.05

_MINE = (leases.c.name == bindparam("of_name")) & (leases.c.holder == bindparam("held_by"))
_EXTEND = Prepared(update(leases).where(_MINE))
_GIVE_BACK = Prepared(delete(leases).where(_MINE))


class Leases:
    """Takes and gives back leases. ``clock`` tells Unix time in seconds, on this machine."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        insert = database.upsert(leases)
        taking = insert.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"holder": insert.excluded.holder, "until": insert.excluded.until},
            where=leases.c.until <= bindparam("now"),
        )
        self._take = Prepared(taking)

    async def take(self, name: str, seconds: int) -> str | None:
        """Take a lease and answer its holder's mark, or None if somebody else has it."""
        holder = secrets.token_hex(16)

        def work(connection: Connection) -> bool:
            now = self._now(connection)
            taking = self._take(name=name, holder=holder, until=now + seconds, now=now)
            return taking.run(connection) == 1

        try:
            taken = await self._database.write(work, single=True)
        except asyncio.CancelledError:
            # It may have been taken all the same, and nobody would know by which mark.
            await self.give_back(name, holder)
            raise
        return holder if taken else None

    async def extend(self, name: str, holder: str, seconds: int) -> bool:
        """Hold a lease for so many seconds from now on. Answers False if it is somebody else's."""

        def work(connection: Connection) -> bool:
            until = self._now(connection) + seconds
            return _EXTEND(of_name=name, held_by=holder, until=until).run(connection) == 1

        return await self._database.write(work, single=True)

    async def give_back(self, name: str, holder: str) -> None:
        """Give a lease back before its time. Somebody else's stays."""
        mine = _GIVE_BACK(of_name=name, held_by=holder)
        await self._database.write(mine.run, single=True)

    @asynccontextmanager
    async def hold(self, name: str, seconds: int, patience: float) -> AsyncIterator[None]:
        """Hold a lease for the block, waiting for it up to ``patience`` seconds.

        Raises:
            Busy: somebody else kept it for all that time.
        """
        # A deadline of our own: a timeout could cut off a statement, and with it a connection.
        time = asyncio.get_running_loop().time
        deadline = time() + patience
        while (holder := await self.take(name, seconds)) is None:
            if time() >= deadline:
                raise Busy("somebody else is at it; try again")
            await asyncio.sleep(PAUSE)
        try:
            yield
        finally:
            await self.give_back(name, holder)

    def _now(self, connection: Connection) -> int:
        return int(self._database.now(connection, self._clock))
