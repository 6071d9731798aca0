"""What was tried of late, for the whole deployment: what the one limiter counts by.

An attempt spends a share of each of its owners: of a client, of an address, of everybody. Owners
are known by keyed hashes that the caller makes. What is counted is a window that ends now, by the
clock of the database, so that no machine whose own clock is wrong ends or prolongs the others'
windows. Should that clock be set back, attempts seem to come from the future. They count as of now,
and are given that time, so that nobody waits for longer than a window.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from snowflake.store.database import Database
from snowflake.store.locks import deleting, updating
from snowflake.store.prepared import Prepared, Statement
from snowflake.store.schema import attempts

#: Seconds over which attempts are counted. Discord counts invalid answers over the same time.
WINDOW: Final = 600

# Made once, for whoever floods us has it asked all the time. The newest come first.
_OF = (
    select(attempts.c.owner, attempts.c.at, attempts.c.number)
    .where(attempts.c.owner.in_(bindparam("owners", expanding=True)))
    .order_by(attempts.c.at.desc())
)
_ADD = insert(attempts)
_TAKE_BACK = Prepared(deleting(attempts, attempts.c.id == bindparam("attempt")))
_AS_OF_NOW = updating(attempts, attempts.c.at > bindparam("now")).values(at=bindparam("now"))

# Rows of an owner, a time and a number, which SQLAlchemy cannot tell from others.
Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Share:
    """What an owner may do within a window.

    ``most`` is how often, and ``number`` what one attempt adds to it; nought for an owner of whom
    something else is counted, and who stops attempts all the same.
    """

    owner: str
    most: int
    number: int = 1


@dataclass(frozen=True, slots=True)
class Spent:
    """A share that is used up, and the seconds until there is room again, from 1 to ``WINDOW``."""

    owner: str
    wait: int


class Attempts:
    """The attempts in the store. ``clock`` tells Unix time in seconds, on this machine."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def spent(self, shares: Sequence[Share]) -> Spent | None:
        """Answer which of some shares is used up, the one that is so for longest; None if none."""
        owners = {"owners": [share.owner for share in shares]}

        def look(connection: Connection) -> tuple[Spent | None, bool]:
            rows = connection.execute(_OF, owners).all()
            # Unless somebody is at it there are none, and the clock does not matter.
            now = self._now(connection) if rows else 0
            return _spent(rows, shares, now), not rows or rows[0].at <= now

        spent, is_past = await self._database.read(look)
        if not is_past:
            await self._database.write(self._set_to_now)
        return spent

    async def take(self, shares: Sequence[Share]) -> str | Spent:
        """Count an attempt before it is made, or answer which share is used up.

        Attempts of all processes are counted one after the other, so that a hundred at once do not
        slip through. Answers the attempt's ID, by which it can be taken back.
        """
        owners = {"owners": [share.owner for share in shares]}

        def work(connection: Connection) -> str | Spent:
            self._database.queue(connection)
            now = self._now(connection)
            rows = connection.execute(_OF, owners).all()
            if rows and rows[0].at > now:
                self._set_to_now(connection)
            return _spent(rows, shares, now) or _add(connection, shares, now)

        return await self._database.write(work)

    async def count(self, shares: Sequence[Share]) -> None:
        """Count an attempt that has failed, whether there was a share left for it or not."""
        await self._database.write(lambda c: _add(c, shares, self._now(c)), single=True)

    async def take_back(self, attempt: str) -> None:
        """Forget an attempt that was no guess, or told nothing."""
        await self._database.write(taking_back(attempt).run, single=True)

    async def forget_old(self) -> None:
        """Delete what no window reaches any more."""

        def is_any(connection: Connection) -> bool:
            now = self._now(connection)
            old = (attempts.c.at <= now - WINDOW) | (attempts.c.at > now)
            return connection.execute(select(attempts.c.id).where(old).limit(1)).first() is not None

        def forget(connection: Connection) -> None:
            self._set_to_now(connection)
            # Nobody takes back any of them any more, so that their order does not matter.
            old = delete(attempts).where(attempts.c.at <= self._now(connection) - WINDOW)
            connection.execute(old)

        if await self._database.read(is_any, many=True):
            await self._database.write(forget, many=True)

    def _set_to_now(self, connection: Connection) -> None:
        self._database.queue(connection)
        connection.execute(_AS_OF_NOW, {"now": self._now(connection)})

    def _now(self, connection: Connection) -> int:
        return int(self._database.now(connection, self._clock))


def taking_back(attempt: str) -> Statement:
    """Answer the statement that forgets an attempt."""
    return _TAKE_BACK(attempt=attempt)


def _add(connection: Connection, shares: Iterable[Share], now: int) -> str:
    name = secrets.token_hex(16)
    rows = [
        {"id": name, "owner": share.owner, "at": now, "number": share.number}
        for share in shares
        if share.number
    ]
    if rows:
        connection.execute(_ADD, rows)
    return name


def _spent(rows: Rows, shares: Iterable[Share], now: int) -> Spent | None:
    """Answer the share that is used up for longest, of attempts that are in order of their age."""
    spent = (_share_spent(rows, share, now) for share in shares)
    return max((one for one in spent if one is not None), key=_wait, default=None)


def _share_spent(rows: Rows, share: Share, now: int) -> Spent | None:
    number = 0
    for row in rows:
        at = min(row.at, now)
        if row.owner != share.owner or at <= now - WINDOW:
            continue
        number += row.number
        if number >= share.most:
            return Spent(share.owner, at + WINDOW - now)
    # A share that has room for nothing is none.
    return Spent(share.owner, WINDOW) if share.most <= 0 else None


def _wait(spent: Spent) -> int:
    return spent.wait
