"""Codes, each redeemed once whatever the number of processes.

A code is reserved before Discord is asked. It is released when the client's authentication fails
or Discord is out, and spent otherwise. A reservation outlives its holder by a little while only;
whoever has lost it by then, because of a stall or of another machine's clock, changes nothing more.
"""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, false, insert, or_, select, update

from snowflake.errors import InvalidGrant
from snowflake.store.database import Database, Statement
from snowflake.store.schema import codes

#: Seconds for which one request has a code to itself, beyond those for which it may ask Discord.
RESERVATION = 20

_MINE = (
    (codes.c.id == bindparam("code_id"))
    & (codes.c.holder == bindparam("held_by"))
    & (codes.c.spent == false())
)
_SPEND = (
    update(codes)
    .where(_MINE)
    .values(spent=True, grant_id=bindparam("grant_id"), holder=None, exchanged=None)
)


_ADD = insert(codes)


class NewCode(NamedTuple):
    """A code that nobody has brought yet, and what is kept with it, sealed, until it is redeemed.

    ``expires_at`` is a Unix time.
    """

    id: str
    exchanged: str
    expires_at: int


class CodeReserved(Exception):
    """Somebody is redeeming the code. What comes of it is not known yet."""


class CodeSpent(Exception):
    """The code is spent. ``grant_id`` is the grant that it made, None if it made none."""

    def __init__(self, grant_id: str | None) -> None:
        super().__init__("the code has been used")
        self.grant_id = grant_id


@dataclass(frozen=True, slots=True)
class Reservation:
    """A code that one request has to itself, by a mark that no other request has.

    ``left`` is what an earlier request, which Discord then let down, left with ``release``.
    """

    code_id: str
    holder: str
    left: str | None


class Codes:
    """The codes under way, and those redeemed a while ago. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        insert = database.upsert(codes)
        self._reserve = insert.on_conflict_do_update(
            index_elements=[codes.c.id],
            set_={
                name: insert.excluded[name] for name in ("holder", "reserved_until", "expires_at")
            },
            where=(codes.c.spent == false()) & (codes.c.reserved_until <= bindparam("now")),
        ).returning(codes.c.exchanged)

    async def reserve(
        self, code_id: str, expires_at: int, seconds: float = 0, application: str | None = None
    ) -> Reservation:
        """Take a code for this request alone, which may ask Discord for some seconds.

        Until it is spent or given back, ``application`` is the Discord application from which
        somebody has come back, nobody knows who.

        Raises:
            CodeReserved: another request has it.
            CodeSpent: nobody can have it any more.
        """
        now, holder = int(self._clock()), secrets.token_hex(16)
        values = {
            "id": code_id,
            "spent": False,
            "holder": holder,
            "reserved_until": now + int(seconds) + RESERVATION,
            "application": application,
            "expires_at": expires_at,
            "now": now,
        }

        def work(connection: Connection) -> Reservation:
            reserved = connection.execute(self._reserve, values).first()
            if reserved is None:
                raise _why_not(connection, code_id)
            return Reservation(code_id, holder, reserved.exchanged)

        return await self._database.write(work)

    async def release(
        self, reservation: Reservation, exchanged: str | None = None, person: str | None = None
    ) -> None:
        """Give a code back, with what must not be lost if Discord's own code is spent already.

        ``person`` is whose it is, if that is known.
        """
        values: dict[str, object] = {"reserved_until": 0, "holder": None}
        if exchanged is not None:
            values["exchanged"] = exchanged
        if person is not None:
            values["person"] = person
        release, mine = update(codes).where(_MINE).values(values), _held(reservation)
        await self._database.write(lambda c: c.execute(release, mine))

    @asynccontextmanager
    async def under_way(self, application: str, seconds: float) -> AsyncIterator[None]:
        """Let somebody, nobody knows who, be on their way from Discord for the block.

        It may ask Discord for some seconds.
        """
        expires = int(self._clock() + seconds) + RESERVATION
        way = await self.reserve(secrets.token_hex(16), expires, seconds, application)
        try:
            yield
        finally:
            await self.spend(way)

    async def are_under_way(self, application: str, person: str) -> bool:
        """Whether a login of a person, or of somebody not known yet, is between Discord and us.

        No grant shows it yet, but to revoke the person's tokens would end those that it has.
        """
        unknown = codes.c.person.is_(None)
        at_it = or_(codes.c.reserved_until > int(self._clock()), codes.c.exchanged.is_not(None))
        query = select(codes.c.id).where(
            codes.c.application == application,
            codes.c.spent == false(),
            codes.c.expires_at > int(self._clock()),
            or_(codes.c.person == person, and_(unknown, at_it)),
        )
        return await self._database.read(lambda c: c.execute(query.limit(1)).first()) is not None

    async def spend(self, reservation: Reservation) -> None:
        """Use up a code that made no grant."""
        await self._database.write(lambda c: c.execute(*_spending(reservation, None)))


def putting(code: NewCode, application: str, person: str) -> Statement:
    """Answer the statement that keeps a code of somebody who comes by their session."""
    return _ADD, {
        "id": code.id,
        "spent": False,
        "reserved_until": 0,
        "exchanged": code.exchanged,
        "application": application,
        "person": person,
        "expires_at": code.expires_at,
    }


def spend_for(reservation: Reservation, grant_id: str, connection: Connection) -> None:
    """Use up a code, remembering the grant that it made, in the transaction that makes it.

    Raises:
        InvalidGrant: the reservation was lost, so that nothing of the transaction may stay: another
            request has made a grant of this code, or is about to.
    """
    if connection.execute(*_spending(reservation, grant_id)).rowcount != 1:
        raise InvalidGrant("another request has redeemed the code meanwhile")


def _spending(reservation: Reservation, grant_id: str | None) -> Statement:
    """Answer the statement that uses up a code, if the reservation still holds."""
    return _SPEND, {**_held(reservation), "grant_id": grant_id}


def _held(reservation: Reservation) -> dict[str, object]:
    return {"code_id": reservation.code_id, "held_by": reservation.holder}


def _why_not(connection: Connection, code_id: str) -> CodeReserved | CodeSpent:
    query = select(codes.c.spent, codes.c.grant_id).where(codes.c.id == code_id)
    code = connection.execute(query).one()
    return CodeSpent(code.grant_id) if code.spent else CodeReserved("somebody is redeeming it")
