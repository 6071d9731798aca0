"""People at whom a bot looks again while they are signed in, and when it did so last."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    func,
    or_,
    select,
    union,
    update,
)

from snowflake.settings.registry import ClientIds
from snowflake.store.database import Database
from snowflake.store.schema import grants, session_clients, sessions, watched_people

#: People who are enrolled at once.
BATCH = 5000


class Due(NamedTuple):
    """Somebody whose turn has come, and when they were looked at last, as a Unix time."""

    person: str
    looked_at: int


class Held(NamedTuple):
    """A client, by its ID, and the Discord application through which somebody came to it."""

    client_id: str
    application: str


_IN_SESSIONS = select(sessions.c.person).join(session_clients)


class WatchedPeople:
    """The people in the store who are looked at again. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        self._add = database.upsert(watched_people).on_conflict_do_nothing(
            index_elements=[watched_people.c.person]
        )

    async def enrol(self, clients: ClientIds) -> None:
        """Take up everybody new who holds a session or a grant of some clients.

        They have signed in just now, and count as looked at.
        """
        holders = union(
            select(grants.c.person).where(_is_one(grants.c.client_id, clients)),
            _IN_SESSIONS.where(_is_one(session_clients.c.client_id, clients)),
        ).subquery()
        known = select(watched_people.c.person).where(watched_people.c.person == holders.c.person)
        query = select(holders.c.person).where(~known.exists()).limit(BATCH)
        found = await self._database.read(lambda c: c.execute(query).scalars().all(), many=True)
        if not found:
            return
        now = int(self._clock())
        # In the order of their keys, as all rows are locked.
        rows = [{"person": person, "looked_at": now} for person in sorted(found)]
        await self._database.write(lambda c: c.execute(self._add, rows), many=True)

    async def due(self, clients: ClientIds, before: int, limit: int) -> list[Due]:
        """Answer who holds something of some clients and was looked at last by a Unix time.

        Those come first who wait longest. Whoever was looked at in times to come is due too: a
        clock has been set back.
        """
        at, person = watched_people.c.looked_at, watched_people.c.person
        held = select(grants.c.id).where(
            grants.c.person == person, _is_one(grants.c.client_id, clients)
        )
        in_session = _IN_SESSIONS.where(
            sessions.c.person == person, _is_one(session_clients.c.client_id, clients)
        )
        query = (
            select(person, at)
            .where(
                (at <= before) | (at > int(self._clock())), or_(held.exists(), in_session.exists())
            )
            .order_by(at, person)
            .limit(limit)
        )
        rows = await self._database.read(lambda c: c.execute(query).all(), many=True)
        return [Due(row.person, row.looked_at) for row in rows]

    async def waiting(self, before: int) -> int:
        """Count those who were looked at last by a Unix time."""
        query = select(func.count()).where(watched_people.c.looked_at <= before)
        return await self._database.read(lambda c: c.execute(query).scalar_one(), many=True)

    async def clients_of(self, person: str) -> frozenset[Held]:
        """Answer the clients of which somebody holds a session or a grant."""
        now = int(self._clock())
        query = union(
            select(grants.c.client_id, grants.c.application).where(
                grants.c.person == person, grants.c.expires_at > now
            ),
            select(session_clients.c.client_id, sessions.c.application)
            .join(sessions)
            .where(sessions.c.person == person, sessions.c.expires_at > now),
        )
        found = await self._database.read(lambda c: c.execute(query).all())
        return frozenset(Held(row.client_id, row.application) for row in found)

    async def looked_at(self, person: str) -> int | None:
        """Answer when somebody was looked at last, as a Unix time; None if nobody looks at them."""
        query = select(watched_people.c.looked_at).where(watched_people.c.person == person)
        return await self._database.read(lambda c: c.execute(query).scalar_one_or_none())

    async def note(self, person: str, looked_at: int) -> None:
        """Note when somebody was looked at; not of one who has been erased meanwhile."""
        change = update(watched_people).where(watched_people.c.person == person)
        await self._database.write(lambda c: c.execute(change.values(looked_at=looked_at)))


def _is_one(column: ColumnElement[str], clients: ClientIds) -> ColumnElement[bool]:
    ids = sorted(clients.listed)
    return column.not_in(ids) if clients.all_but else column.in_(ids)
