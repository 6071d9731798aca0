"""Who is between Discord and us: has come back from there, and has no grant or link yet.

To revoke Discord's tokens of such a person would end those with which they come.
"""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import false, or_, select

from snowflake.store.codes import RESERVATION, Codes, Unknown
from snowflake.store.database import Database
from snowflake.store.schema import codes


class UnderWay:
    """Those who are under way. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, rows: Codes, clock: Callable[[], float]) -> None:
        self._database, self._codes, self._clock = database, rows, clock

    @asynccontextmanager
    async def somebody(self, application: str, seconds: float) -> AsyncIterator[None]:
        """Let somebody, nobody knows who, be on their way from Discord for the block.

        It may ask Discord for some seconds.
        """
        expires = int(self._clock() + seconds) + RESERVATION
        way = await self._codes.reserve(
            secrets.token_hex(16), expires, seconds, Unknown(application)
        )
        try:
            yield
        finally:
            await self._codes.spend(way)

    async def includes(self, application: str, person: str) -> bool:
        """Whether a login of a person, or of somebody not known yet, is between Discord and us.

        No grant shows it yet, but to revoke the person's tokens would end those that it has.
        """
        now, unknown = int(self._clock()), codes.c.person.is_(None)
        at_it = or_(codes.c.reserved_until > now, codes.c.exchanged.is_not(None))
        query = select(codes.c.id).where(
            codes.c.application == application,
            codes.c.spent == false(),
            codes.c.expires_at > now,
            or_(codes.c.person == person, unknown & at_it),
            # A login that has made its grant is on its way no more, unless it makes another one.
            or_(codes.c.grant_id.is_(None), codes.c.reserved_until > now),
        )
        return await self._database.read(lambda c: c.execute(query.limit(1)).first()) is not None
