"""Codes, each redeemed once whatever the number of processes.

A code is reserved before Discord is asked. It is released when the client's authentication fails
or Discord is out, and spent otherwise. A reservation outlives its holder by a little while only.
"""

from collections.abc import Callable

from sqlalchemy import false, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from snowflake.store.database import Database
from snowflake.store.schema import codes

#: Seconds for which one request has a code to itself: longer than any request may take.
RESERVATION = 30


class CodeUsed(Exception):
    """The code is spent, or somebody is redeeming it. ``grant_id`` is the grant that it made."""

    def __init__(self, grant_id: str | None) -> None:
        super().__init__("the code has been used")
        self.grant_id = grant_id


class Codes:
    """The codes that were brought to the token endpoint. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def reserve(self, code_id: str, expires_at: int) -> str | None:
        """Take a code for this request alone.

        Answers what an earlier request, which Discord then let down, left with ``release``.

        Raises:
            CodeUsed: it is not to be had.
        """
        now = int(self._clock())
        insert = self._database.upsert(codes).values(
            id=code_id, spent=False, reserved_until=now + RESERVATION, expires_at=expires_at
        )
        reserve = insert.on_conflict_do_update(
            index_elements=[codes.c.id],
            set_={"reserved_until": insert.excluded.reserved_until},
            where=(codes.c.spent == false()) & (codes.c.reserved_until <= now),
        ).returning(codes.c.exchanged)
        async with self._database.write() as connection:
            reserved = (await connection.execute(reserve)).first()
            if reserved is None:
                raise CodeUsed(await self._made(connection, code_id))
        exchanged: str | None = reserved.exchanged
        return exchanged

    async def release(self, code_id: str, exchanged: str | None = None) -> None:
        """Give a code back, with what must not be lost if Discord's own code is spent already."""
        values: dict[str, object] = {"reserved_until": 0}
        if exchanged is not None:
            values["exchanged"] = exchanged
        async with self._database.write() as connection:
            await connection.execute(
                update(codes).where(codes.c.id == code_id, codes.c.spent == false()).values(values)
            )

    async def spend(self, code_id: str) -> None:
        """Use up a code that made no grant."""
        async with self._database.write() as connection:
            await spend(connection, code_id, None)

    async def _made(self, connection: AsyncConnection, code_id: str) -> str | None:
        query = select(codes.c.grant_id).where(codes.c.id == code_id, codes.c.spent == true())
        grant_id: str | None = (await connection.execute(query)).scalar_one_or_none()
        return grant_id


async def spend(connection: AsyncConnection, code_id: str, grant_id: str | None) -> None:
    """Use up a code within a transaction, remembering the grant that it made."""
    await connection.execute(
        update(codes)
        .where(codes.c.id == code_id)
        .values(spent=True, grant_id=grant_id, exchanged=None)
    )
