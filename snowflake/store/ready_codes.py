"""Codes of somebody about whom all is known: nobody is asked, and so nothing is reserved before.

Discord was asked before our code left us, and what it said was kept with the login. Of several who
bring such a code at once one makes a grant, and the others hear that it has been redeemed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, false, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from snowflake.errors import InvalidGrant
from snowflake.store.codes import REDEEMED
from snowflake.store.database import Database
from snowflake.store.grants import Grant
from snowflake.store.prepared import Prepared
from snowflake.store.reserving import IS_FREE
from snowflake.store.schema import codes

_IS_CODE = codes.c.id == bindparam("code_id")
_IS_LOGIN = codes.c.id == bindparam("login_id")
_FIND = Prepared(
    select(codes.c.id, codes.c.exchanged, IS_FREE.label("free")).where(or_(_IS_CODE, _IS_LOGIN))
)
_ADD = Prepared(insert(codes))
_SPEND = Prepared(
    update(codes)
    .where(_IS_CODE, codes.c.spent == false(), codes.c.reserved_until <= bindparam("now"))
    .values(spent=True, grant_id=bindparam("of_grant"), holder=None, exchanged=None)
)
# Whoever has reserved it meanwhile goes on having it, for another code.
_SERVE = Prepared(
    update(codes).where(_IS_LOGIN, codes.c.spent == false()).values(grant_id=bindparam("of_grant"))
)


@dataclass(frozen=True, slots=True)
class ReadyCode:
    """A code that nobody had at ``found_at``, in Unix time, with what was ``left`` for it.

    It may come again until ``expires_at``, and is known as spent until then.
    """

    code_id: str
    login_id: str
    left: str
    found_at: int
    expires_at: int

    def spend_for(self, grant: Grant, connection: Connection) -> None:
        """Use up the code, as ``Reservation.spend_for`` does, which nobody has reserved.

        Its login serves others. This one may be younger, and is known for longer.

        Raises:
            InvalidGrant: another request has the code by now, or has redeemed it.
        """
        made = {"of_grant": grant.id}
        if self.login_id == self.code_id:
            changes = {self.code_id: _SPEND(code_id=self.code_id, now=self.found_at, **made)}
        else:
            row = {"id": self.code_id, "reserved_until": 0, "expires_at": self.expires_at}
            changes = {
                self.code_id: _ADD(**row, spent=True, grant_id=grant.id),
                self.login_id: _SERVE(login_id=self.login_id, **made),
            }
        try:
            done = [changes[key].run(connection) for key in sorted(changes)]
        except IntegrityError as error:
            raise InvalidGrant(REDEEMED) from error
        if done != [1] * len(changes):
            raise InvalidGrant(REDEEMED)


class ReadyCodes:
    """The codes that may be spent at once. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def find(self, code_id: str, login_id: str | None, expires_at: int) -> ReadyCode | None:
        """Answer a code for which something was left, and that nobody has brought yet.

        It may come again until ``expires_at``. It is ``Codes.reserve`` that tells why any other one
        is none.
        """
        now, login = int(self._clock()), login_id or code_id
        finding = _FIND(code_id=code_id, login_id=login, now=now)
        found = {row["id"]: row for row in await self._database.read(finding.all)}
        row = found.pop(login, None)
        if row is None or found or not row["free"] or row["exchanged"] is None:
            return None
        return ReadyCode(code_id, login, row["exchanged"], now, expires_at)
