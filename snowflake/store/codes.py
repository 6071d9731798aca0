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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final, NamedTuple

from sqlalchemy import Connection, String, bindparam, case, false, func, or_

from snowflake.errors import InvalidGrant
from snowflake.store.database import Database
from snowflake.store.grants import Grant
from snowflake.store.locks import updating
from snowflake.store.prepared import Prepared, Statement
from snowflake.store.reserving import WHY_NOT, reserving
from snowflake.store.schema import codes

#: Seconds for which one request has a code to itself, beyond those for which it may ask Discord.
RESERVATION = 20
#: What is said to whoever is not the first.
REDEEMED: Final = "another request has redeemed the code meanwhile"

_IS_CODE = codes.c.id == bindparam("code_id")
_IS_LOGIN = codes.c.id == bindparam("login_id")
#: The rows that somebody holds, of a code and of its login.
_HELD = updating(
    codes,
    or_(_IS_CODE, _IS_LOGIN)
    & (codes.c.holder == bindparam("held_by"))
    & (codes.c.spent == false()),
)
#: With what is given, which stays with the login; what was known before stays.
_LEAVE = Prepared(
    _HELD.values(
        reserved_until=0,
        holder=None,
        exchanged=case(
            (_IS_LOGIN, func.coalesce(bindparam("left"), codes.c.exchanged)),
            else_=codes.c.exchanged,
        ),
        person=case(
            (_IS_LOGIN, func.coalesce(bindparam("of_person"), codes.c.person)),
            else_=codes.c.person,
        ),
    )
)
_USE_UP = Prepared(_HELD.values(spent=True, grant_id=None, holder=None, exchanged=None))
#: The code is used up, and the login serves others.
_SPEND = Prepared(
    _HELD.values(
        spent=_IS_CODE,
        grant_id=bindparam("of_grant"),
        holder=None,
        reserved_until=0,
        exchanged=case((_IS_CODE, None), else_=func.coalesce(bindparam("left"), codes.c.exchanged)),
        person=case((_IS_CODE, codes.c.person), else_=bindparam("of_person", type_=String)),
    )
)


class CodeReserved(Exception):
    """Somebody is redeeming the code. What comes of it is not known yet."""


class LoginReserved(Exception):
    """Somebody is redeeming another code of the login, or finding out who it is."""


class CodeSpent(Exception):
    """The code is spent. ``grant_id`` is the grant that it made, None if it made none."""

    def __init__(self, grant_id: str | None) -> None:
        super().__init__("the code has been used")
        self.grant_id = grant_id


class Unknown(NamedTuple):
    """Somebody who has come back from a Discord ``application``, nobody knows who.

    Reserving tells whether one of the ``owners`` of ``attempts`` has tried anything in vain.
    """

    application: str | None
    owners: Sequence[str] = ()


NOBODY: Final = Unknown(None)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A code that one request has to itself, by a mark that no other request has.

    So it has the login of which the code is; without one, the code is all there is. ``left`` is
    what an earlier request left with ``release``, because Discord then let it down or for others.
    ``tried`` is whether anybody has tried something in vain of late who was asked about.
    """

    code_id: str
    login_id: str
    holder: str
    left: str | None
    tried: bool

    @property
    def held(self) -> dict[str, object]:
        """How its rows are known."""
        return {"code_id": self.code_id, "login_id": self.login_id, "held_by": self.holder}

    @property
    def rows(self) -> int:
        """How many there are."""
        return len({self.code_id, self.login_id})

    def spend_for(self, grant: Grant, connection: Connection) -> None:
        """Use up the code, remembering the grant that it made, in the transaction that makes it.

        Its login stays for others, with what is left to them.

        Raises:
            InvalidGrant: the reservation was lost, so that nothing of the transaction may stay:
                another request has made a grant of this code, or is about to.
        """
        left, person = self.left, grant.person
        spending = _SPEND(**self.held, of_grant=grant.id, left=left, of_person=person)
        if spending.run(connection) != self.rows:
            raise InvalidGrant(REDEEMED)


class Codes:
    """The codes under way, and those redeemed a while ago. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        self._reserving = cache(partial(reserving, database))

    async def reserve(
        self,
        code_id: str,
        expires_at: int,
        seconds: float = 0,
        whose: Unknown = NOBODY,
        login_id: str | None = None,
    ) -> Reservation:
        """Take a code for this request alone, and its login, to ask Discord for some seconds.

        ``whose`` it is holds until it is spent or given back.

        Raises:
            CodeReserved: another request has the code.
            LoginReserved: another request has the login. The code is nobody's.
            CodeSpent: nobody can have it any more.
        """
        now, holder, login = int(self._clock()), secrets.token_hex(16), login_id or code_id
        # In the order of their keys, so that nobody waits for each other.
        rows = sorted({code_id, login})
        values = {
            "held_by": holder,
            "until": now + int(seconds) + RESERVATION,
            "expires": expires_at,
            "now": now,
        }
        for number, row in enumerate(rows):
            values[f"id_{number}"] = row
            values[f"application_{number}"] = whose.application if row == login else None
        values |= {f"owner_{number}": owner for number, owner in enumerate(whose.owners)}
        statement = self._reserving(len(rows), len(whose.owners))(**values)

        def work(connection: Connection) -> Reservation:
            reserved = {row["id"]: row for row in statement.all(connection)}
            if code_id not in reserved:
                raise _why_not(connection, code_id, now)
            if login not in reserved:
                why_not = _why_not(connection, login, now)
                if isinstance(why_not, CodeSpent):
                    raise why_not
                raise LoginReserved("somebody is at the same login") from why_not
            row = reserved[login]
            return Reservation(code_id, login, holder, row["exchanged"], row["tried"])

        # Of two rows neither may stay reserved without the other.
        return await self._database.write(work, single=len(rows) == 1)

    async def release(
        self, reservation: Reservation, exchanged: str | None = None, person: str | None = None
    ) -> None:
        """Give a code back, with what must not be lost if Discord's own code is spent already.

        ``person`` is whose it is, if that is known. Both stay with the login.
        """
        await self._database.write(_leaving(reservation, exchanged, person).run, single=True)

    async def spend(self, reservation: Reservation) -> None:
        """Use up a code that made no grant, and its login."""
        await self._database.write(_USE_UP(**reservation.held).run, single=True)


def leave(
    connection: Connection,
    reservation: Reservation,
    exchanged: str | None = None,
    person: str | None = None,
) -> None:
    """Give a code back within a transaction. Else as ``Codes.release``."""
    _leaving(reservation, exchanged, person).run(connection)


def _leaving(reservation: Reservation, exchanged: str | None, person: str | None) -> Statement:
    return _LEAVE(**reservation.held, left=exchanged, of_person=person)


def _why_not(connection: Connection, row_id: str, now: int) -> CodeReserved | CodeSpent:
    code = WHY_NOT(code_id=row_id, now=now).first(connection)
    if code is None:
        # Its time was over, and it has been swept away in this very moment.
        return CodeSpent(None)
    if code["spent"] or code["over"]:
        return CodeSpent(code["grant_id"] if code["spent"] else None)
    return CodeReserved("somebody is redeeming it")
