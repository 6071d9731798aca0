"""Codes, each redeemed once whatever the number of processes.

A code is reserved before Discord is asked. It is released when the client's authentication fails
or Discord is out, and spent otherwise. A reservation outlives its holder by a little while only;
whoever has lost it by then, because of a stall or of another machine's clock, changes nothing more.

A browser may load twice what makes a code: then two codes share one login, and with it what Discord
gave for its own code, which works once. The login is a row as a code is, reserved with each of
them. It serves the second code after the first for as long as codes live, unless the grant of the
first has ended by then. So whichever code the application redeems makes a grant, and only a code
that itself comes again is a replay.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import (
    Connection,
    String,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    update,
)

from snowflake.errors import InvalidGrant
from snowflake.store.database import Database
from snowflake.store.grants import Grant
from snowflake.store.schema import codes, grants

#: Seconds for which one request has a code to itself, beyond those for which it may ask Discord.
RESERVATION = 20

_MINE = (
    (codes.c.id == bindparam("code_id"))
    & (codes.c.holder == bindparam("held_by"))
    & (codes.c.spent == false())
)
_FREE = update(codes).where(_MINE).values(reserved_until=0, holder=None)
#: With what is given; what was known before stays.
_LEAVE = _FREE.values(
    exchanged=func.coalesce(bindparam("left"), codes.c.exchanged),
    person=func.coalesce(bindparam("of_person"), codes.c.person),
)
_SPEND = (
    update(codes)
    .where(_MINE)
    .values(spent=True, grant_id=bindparam("grant_id"), holder=None, exchanged=None)
)
_SERVE = (
    update(codes)
    .where(_MINE)
    .values(
        grant_id=bindparam("grant_id"),
        exchanged=func.coalesce(bindparam("left"), codes.c.exchanged),
        person=bindparam("of_person"),
        holder=None,
        reserved_until=0,
    )
)
#: Whether the grant of a code lives. Its column is named in plain SQL, since SQLAlchemy correlates
#: nothing with the row of an insert: it would ask whether any code at all has a grant that lives.
_LIVES = exists().where(grants.c.id == literal_column("codes.grant_id", String))
#: A login that has made a grant and serves another code no more.
_IS_OVER = codes.c.grant_id.is_not(None) & or_(codes.c.expires_at <= bindparam("now"), ~_LIVES)
_WHY_NOT = select(codes.c.spent, codes.c.grant_id, _IS_OVER.label("over"))


class CodeReserved(Exception):
    """Somebody is redeeming the code. What comes of it is not known yet."""


class LoginReserved(Exception):
    """Somebody is redeeming another code of the login, or finding out who it is."""


class CodeSpent(Exception):
    """The code is spent. ``grant_id`` is the grant that it made, None if it made none."""

    def __init__(self, grant_id: str | None) -> None:
        super().__init__("the code has been used")
        self.grant_id = grant_id


@dataclass(frozen=True, slots=True)
class Reservation:
    """A code that one request has to itself, by a mark that no other request has.

    So it has the login of which the code is; without one, the code is all there is. ``left`` is
    what an earlier request left with ``release``, because Discord then let it down or for others.
    """

    code_id: str
    holder: str
    left: str | None
    login_id: str | None = None


class Codes:
    """The codes under way, and those redeemed a while ago. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        insert = database.upsert(codes)
        self._reserve = insert.on_conflict_do_update(
            index_elements=[codes.c.id],
            set_={
                "holder": insert.excluded.holder,
                "reserved_until": insert.excluded.reserved_until,
                # What has made a grant is not there for longer because it is asked for again.
                "expires_at": case(
                    (codes.c.grant_id.is_(None), insert.excluded.expires_at),
                    else_=codes.c.expires_at,
                ),
            },
            where=(codes.c.spent == false())
            & (codes.c.reserved_until <= bindparam("now"))
            & ~_IS_OVER,
        ).returning(codes.c.exchanged)

    async def reserve(
        self,
        code_id: str,
        expires_at: int,
        seconds: float = 0,
        application: str | None = None,
        login_id: str | None = None,
    ) -> Reservation:
        """Take a code for this request alone, and its login, to ask Discord for some seconds.

        Until it is spent or given back, ``application`` is the Discord application from which
        somebody has come back, nobody knows who.

        Raises:
            CodeReserved: another request has the code.
            LoginReserved: another request has the login. The code is nobody's.
            CodeSpent: nobody can have it any more.
        """
        now, holder = int(self._clock()), secrets.token_hex(16)
        values = {
            "spent": False,
            "holder": holder,
            "reserved_until": now + int(seconds) + RESERVATION,
            "expires_at": expires_at,
            "now": now,
        }

        def take(connection: Connection, row_id: str, application: str | None) -> str | None:
            its = {"id": row_id, "application": application, **values}
            reserved = connection.execute(self._reserve, its).first()
            if reserved is None:
                raise _why_not(connection, row_id, now)
            left: str | None = reserved.exchanged
            return left

        def work(connection: Connection) -> Reservation:
            if login_id is None:
                return Reservation(code_id, holder, take(connection, code_id, application))
            take(connection, code_id, None)
            try:
                left = take(connection, login_id, application)
            except CodeReserved as reserved:
                raise LoginReserved("somebody is at the same login") from reserved
            return Reservation(code_id, holder, left, login_id)

        return await self._database.write(work)

    async def release(
        self, reservation: Reservation, exchanged: str | None = None, person: str | None = None
    ) -> None:
        """Give a code back, with what must not be lost if Discord's own code is spent already.

        ``person`` is whose it is, if that is known. Both stay with the login.
        """

        def work(connection: Connection) -> None:
            leave(connection, reservation, exchanged, person)

        await self._database.write(work)

    async def spend(self, reservation: Reservation) -> None:
        """Use up a code that made no grant, and its login."""

        def work(connection: Connection) -> None:
            for held in _held(reservation):
                connection.execute(_SPEND, {**held, "grant_id": None})

        await self._database.write(work)


def leave(
    connection: Connection,
    reservation: Reservation,
    exchanged: str | None = None,
    person: str | None = None,
) -> None:
    """Give a code back within a transaction. Else as ``Codes.release``."""
    *code, login = _held(reservation)
    for held in code:
        connection.execute(_FREE, held)
    connection.execute(_LEAVE, {**login, "left": exchanged, "of_person": person})


def spend_for(reservation: Reservation, grant: Grant, connection: Connection) -> None:
    """Use up a code, remembering the grant that it made, in the transaction that makes it.

    Its login stays for others, with what is left to them.

    Raises:
        InvalidGrant: the reservation was lost, so that nothing of the transaction may stay: another
            request has made a grant of this code, or is about to.
    """
    to_both: dict[str, object] = {"grant_id": grant.id}
    to_login = {**to_both, "left": reservation.left, "of_person": grant.person}
    changes = (_SPEND, to_both), (_SERVE, to_login)
    for (change, values), held in zip(changes, _held(reservation), strict=False):
        if connection.execute(change, {**held, **values}).rowcount != 1:
            raise InvalidGrant("another request has redeemed the code meanwhile")


def _held(reservation: Reservation) -> list[dict[str, object]]:
    """Answer which rows are held: the code's and then, if there is one, the login's.

    Nobody takes them in another order, so that nobody waits for each other.
    """
    rows = (reservation.code_id, reservation.login_id)
    return [{"code_id": row, "held_by": reservation.holder} for row in rows if row is not None]


def _why_not(connection: Connection, row_id: str, now: int) -> CodeReserved | CodeSpent:
    code = connection.execute(_WHY_NOT.where(codes.c.id == row_id), {"now": now}).one()
    if code.spent or code.over:
        return CodeSpent(code.grant_id if code.spent else None)
    return CodeReserved("somebody is redeeming it")
