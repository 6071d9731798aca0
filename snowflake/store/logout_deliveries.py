"""Logouts that clients are yet to be told of (OpenID Connect Back-Channel Logout 1.0).

A delivery is written in the transaction that ends the session, and stays until the client has heard
it or a day has gone by, whatever crashes in between. A process takes it for a short while, tries,
and says what has come of it. What a process that has died had taken is free again when that while
is over.
"""

import secrets
from collections.abc import Callable
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from snowflake.crypto.sealing import Sealer
from snowflake.store.database import Database
from snowflake.store.locks import deleting, updating
from snowflake.store.prepared import Prepared, Row, Statement
from snowflake.store.schema import logout_deliveries
from snowflake.store.subjects import read_subject

#: Seconds after which nobody is told any more.
KEPT: Final = 86_400
#: Seconds for which a process has a delivery to itself: longer than a try and two transactions.
HELD: Final = 30
#: The longest pause between two tries, in seconds.
LONGEST_PAUSE: Final = 600


class Delivery(NamedTuple):
    """A logout that this process is about to tell a client of, for the time being alone.

    ``sid`` is the name by which the client knows the session, ``subject`` the one by which it knows
    the person, whose Discord user ID is ``person``. ``attempts`` are the tries with this one,
    ``refusals`` those of before that the client refused; ``held_until`` and ``expires_at`` are Unix
    times.
    """

    id: str
    client_id: str
    person: str
    subject: str
    sid: str
    issuer: str
    attempts: int
    refusals: int
    held_until: int
    expires_at: int


class Part(NamedTuple):
    """A client's part in a session: its name of that, and the columns of its name of the person."""

    client_id: str
    sid: str
    subject: str | None = None
    sealed_by: str | None = None


_ROWS: Final = logout_deliveries.c
_ADD = Prepared(insert(logout_deliveries))
_IS_DUE = (
    (_ROWS.due_at <= bindparam("now"))
    & (_ROWS.held_until <= bindparam("now"))
    & (_ROWS.expires_at > bindparam("now"))
)
_NEXT = (
    select(logout_deliveries)
    .where(_ROWS.client_id == bindparam("client"), _IS_DUE)
    .order_by(_ROWS.due_at)
    .limit(1)
    # Another process may be taking the first one.
    .with_for_update(skip_locked=True)
)
_TAKE = update(logout_deliveries).where(_ROWS.id == bindparam("taken"))
# Whoever was too slow has lost it to somebody else, who is at it now.
_MINE = (_ROWS.id == bindparam("own")) & (_ROWS.held_until == bindparam("until"))
_POSTPONE, _END = update(logout_deliveries).where(_MINE), delete(logout_deliveries).where(_MINE)
_OF_NOBODY = deleting(
    logout_deliveries,
    (_ROWS.client_id == bindparam("client")) & (_ROWS.due_at <= bindparam("before")),
)
# No time that we write is further away: the clock was wrong then.
_TOO_LATE = or_(
    _ROWS.due_at > bindparam("now") + LONGEST_PAUSE, _ROWS.held_until > bindparam("now") + HELD
)
_COUNT = select(func.count(), func.count().filter(_TOO_LATE)).select_from(logout_deliveries)
_HASTEN = updating(logout_deliveries, _TOO_LATE).values(due_at=0, held_until=0)


def _clients_due() -> Select[tuple[str]]:
    """Answer the query for the clients that have something due.

    It goes from client to client in the index, so that it costs next to nothing if there is none,
    and does not look at all that waits for one that is down.
    """
    first: Select[tuple[str]] = select(func.min(_ROWS.client_id).label("client_id"))
    clients = first.cte("clients", recursive=True)
    following = select(func.min(_ROWS.client_id)).where(_ROWS.client_id > clients.c.client_id)
    clients = clients.union_all(
        select(following.scalar_subquery()).where(clients.c.client_id.is_not(None))
    )
    its_own: ColumnElement[bool] = _ROWS.client_id == clients.c.client_id
    due = select(_ROWS.id).where(its_own, _IS_DUE).exists()
    return select(clients.c.client_id).where(clients.c.client_id.is_not(None), due)


_CLIENTS_DUE = _clients_due()


class LogoutDeliveries:
    """The deliveries in the store. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._database, self._sealer, self._clock = database, sealer, clock

    async def clients_due(self) -> list[str]:
        """Answer the IDs of the clients that are to be told of something now."""
        values = {"now": int(self._clock())}
        rows = await self._database.read(lambda c: c.execute(_CLIENTS_DUE, values).all())
        return [row.client_id for row in rows]

    async def take(self, client_id: str) -> Delivery | None:
        """Take what a client is to be told of first, or answer None if there is nothing now."""
        now = int(self._clock())
        until = now + HELD

        def work(connection: Connection) -> Delivery | None:
            values = {"client": client_id, "now": now}
            row = connection.execute(_NEXT, values).mappings().one_or_none()
            if row is None:
                return None
            delivery = self._read(row)._replace(held_until=until, attempts=row["attempts"] + 1)
            taken = {"held_until": delivery.held_until, "attempts": delivery.attempts}
            connection.execute(_TAKE, {"taken": delivery.id, **taken})
            return delivery

        return await self._database.write(work)

    async def of_person(self, person: str) -> list[Delivery]:
        """Answer of which ends of a person's sessions clients are yet to be told."""
        query = select(logout_deliveries).where(_ROWS.person == person).order_by(_ROWS.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [self._read(row) for row in rows]

    async def end(self, delivery: Delivery) -> None:
        """Forget a delivery: the client has heard it, or is told of it no more."""
        values = {"own": delivery.id, "until": delivery.held_until}
        await self._database.write(lambda c: c.execute(_END, values))

    async def postpone(self, delivery: Delivery, pause: int, *, refused: bool) -> None:
        """Let the next try come after a pause in seconds."""
        values = {
            "own": delivery.id,
            "until": delivery.held_until,
            "due_at": int(self._clock()) + pause,
            "held_until": 0,
            "refusals": delivery.refusals + refused,
        }
        await self._database.write(lambda c: c.execute(_POSTPONE, values))

    async def forget(self, client_id: str, seconds: int) -> int:
        """Forget what has been due for so many seconds to a client; answer how much that was."""
        values = {"client": client_id, "before": int(self._clock()) - seconds}
        return await self._database.write(lambda c: c.execute(_OF_NOBODY, values).rowcount)

    async def count(self) -> int:
        """Count all deliveries that have not come to an end.

        Those that a clock which was ahead has put off become due.
        """
        values = {"now": int(self._clock())}
        read = self._database.read(lambda c: c.execute(_COUNT, values).one(), many=True)
        waiting, too_late = await read
        if too_late:
            await self._database.write(lambda c: c.execute(_HASTEN, values), many=True)
        return int(waiting)

    def _read(self, row: Row) -> Delivery:
        subject = read_subject(row["subject"], row["sid"], row["person"], self._sealer)
        return Delivery(**{**{name: row[name] for name in Delivery._fields}, "subject": subject})


def adding(part: Part, person: str, issuer: str, now: int) -> Statement:
    """Answer the statement that has a client told of a person's end, from ``now`` on."""
    return _ADD(
        id=secrets.token_hex(16),
        **part._asdict(),
        person=person,
        issuer=issuer,
        attempts=0,
        due_at=now,
        held_until=0,
        expires_at=now + KEPT,
    )
