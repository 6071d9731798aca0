"""Codes, each redeemed once whatever the number of processes.

A code is reserved before Discord is asked. It is released when the client's authentication fails
or Discord is out, and spent otherwise. A reservation outlives its holder by a little while only.
"""

from collections.abc import Callable

from sqlalchemy import Connection, and_, bindparam, false, or_, select, update

from snowflake.store.database import Database, Statement
from snowflake.store.schema import codes

#: Seconds for which one request has a code to itself, beyond those for which it may ask Discord.
RESERVATION = 20

_SPEND = (
    update(codes)
    .where(codes.c.id == bindparam("code_id"), codes.c.spent == false())
    .values(spent=True, grant_id=bindparam("grant_id"), exchanged=None)
)


class CodeReserved(Exception):
    """Somebody is redeeming the code. What comes of it is not known yet."""


class CodeSpent(Exception):
    """The code is spent. ``grant_id`` is the grant that it made, None if it made none."""

    def __init__(self, grant_id: str | None) -> None:
        super().__init__("the code has been used")
        self.grant_id = grant_id


class Codes:
    """The codes under way, and those redeemed a while ago. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        insert = database.upsert(codes)
        self._reserve = insert.on_conflict_do_update(
            index_elements=[codes.c.id],
            set_={name: insert.excluded[name] for name in ("reserved_until", "expires_at")},
            where=(codes.c.spent == false()) & (codes.c.reserved_until <= bindparam("now")),
        ).returning(codes.c.exchanged)

    async def reserve(
        self, code_id: str, expires_at: int, seconds: float = 0, application: str | None = None
    ) -> str | None:
        """Take a code for this request alone, which may ask Discord for some seconds.

        Answers what an earlier request, which Discord then let down, left with ``release``. Until
        it is spent or given back, ``application`` is the Discord application from which somebody
        has come back, nobody knows who.

        Raises:
            CodeReserved: another request has it.
            CodeSpent: nobody can have it any more.
        """
        now = int(self._clock())
        values = {
            "id": code_id,
            "spent": False,
            "reserved_until": now + int(seconds) + RESERVATION,
            "application": application,
            "expires_at": expires_at,
            "now": now,
        }

        def work(connection: Connection) -> str | None:
            reserved = connection.execute(self._reserve, values).first()
            if reserved is None:
                raise _why_not(connection, code_id)
            exchanged: str | None = reserved.exchanged
            return exchanged

        return await self._database.write(work)

    async def release(
        self, code_id: str, exchanged: str | None = None, person: str | None = None
    ) -> None:
        """Give a code back, with what must not be lost if Discord's own code is spent already.

        ``person`` is whose it is, if that is known.
        """
        values: dict[str, object] = {"reserved_until": 0}
        if exchanged is not None:
            values["exchanged"] = exchanged
        if person is not None:
            values["person"] = person
        unspent = update(codes).where(codes.c.id == code_id, codes.c.spent == false())
        await self._database.write(lambda c: c.execute(unspent.values(values)))

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

    async def spend(self, code_id: str) -> None:
        """Use up a code that made no grant."""
        await self._database.write(lambda c: c.execute(*spending(code_id, None)))


def spending(code_id: str, grant_id: str | None) -> Statement:
    """Answer the statement that uses up a code, remembering the grant that it made."""
    return _SPEND, {"code_id": code_id, "grant_id": grant_id}


def _why_not(connection: Connection, code_id: str) -> CodeReserved | CodeSpent:
    query = select(codes.c.spent, codes.c.grant_id).where(codes.c.id == code_id)
    code = connection.execute(query).one()
    return CodeSpent(code.grant_id) if code.spent else CodeReserved("somebody is redeeming it")
