"""The ends of sessions, of which their clients hear.

Whoever ends a session writes in the same transaction who is yet to be told, so that no crash loses
one.
"""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    select,
    true,
)

from snowflake.settings.registry import ACCOUNT
from snowflake.store import logout_deliveries
from snowflake.store.database import Database
from snowflake.store.locks import deleting
from snowflake.store.logout_deliveries import Part
from snowflake.store.prepared import Prepared, Row
from snowflake.store.schema import grants, session_clients, sessions


class Which(NamedTuple):
    """Sessions for which all holds that is given; ``authenticated_by`` is a Unix time."""

    session: str | None = None
    person: str | None = None
    application: str | None = None
    authenticated_by: int | None = None

    @property
    def of_sessions(self) -> list[ColumnElement[bool]]:
        """What has to hold for sessions."""
        is_it = [] if self.session is None else [sessions.c.id == self.session]
        return is_it + self._of(sessions)

    @property
    def of_grants(self) -> list[ColumnElement[bool]]:
        """What has to hold for grants that such sessions may have begun."""
        is_its = [] if self.session is None else [grants.c.session == self.session]
        return is_its + self._of(grants)

    def _of(self, table: Table) -> list[ColumnElement[bool]]:
        equal = {table.c.person: self.person, table.c.application: self.application}
        conditions = [column == value for column, value in equal.items() if value is not None]
        if self.authenticated_by is not None:
            conditions.append(table.c.auth_time <= self.authenticated_by)
        return conditions


_IS = sessions.c.id == bindparam("session_id")
_OF_PERSON = (
    select(sessions)
    .where(sessions.c.person == bindparam("person_"))
    .order_by(sessions.c.id)
    .with_for_update()
)
_ALL = Prepared(_OF_PERSON)
_BY_APPLICATION = Prepared(_OF_PERSON.where(sessions.c.application == bindparam("application_")))
_END = Prepared(delete(sessions).where(_IS))
_CLIENTS = Prepared(
    select(session_clients).where(session_clients.c.session == bindparam("session_id"))
)
_LEAVE = Prepared(
    delete(session_clients).where(
        session_clients.c.session == bindparam("session_id"),
        session_clients.c.client_id == bindparam("client_id_"),
    )
)


class SessionEnds:
    """Ends sessions. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def end(self, which: Which, *, told: Collection[str], offline: bool = False) -> list[str]:
        """End sessions and answer whose they were.

        Their grants end, with ``offline`` even those that would go on without a session, or do so
        already. Those clients that are ``told`` will hear of it by their server, whatever crashes.
        """
        query = select(sessions).where(true(), *which.of_sessions).order_by(sessions.c.id)
        offline_too = deleting(grants, and_(true(), *which.of_grants))

        def work(connection: Connection) -> list[str]:
            found = connection.execute(query.with_for_update()).mappings().all()
            if offline:
                connection.execute(offline_too)
            end_rows(connection, found, int(self._clock()), told=told)
            return [row["person"] for row in found]

        return await self._database.write(work, many=True)

    async def leave(
        self, person: str, application: str, client_id: str, *, told: Collection[str]
    ) -> list[str]:
        """Have a client be no part any more of any session of a person, and end its grants.

        That is, of those through one Discord ``application``. The ``offline`` ones end too. A
        session of which no client is left ends, though the person's own page took part, and it is
        answered whose it was. If the client is ``told``, it will hear of it by its server.
        """
        now = int(self._clock())
        theirs = _BY_APPLICATION(person_=person, application_=application)
        its_grants = deleting(
            grants,
            and_(
                grants.c.person == person,
                grants.c.application == application,
                grants.c.client_id == client_id,
            ),
        )

        def work(connection: Connection) -> list[str]:
            ended = []
            found = theirs.all(connection)
            connection.execute(its_grants)
            for row in found:
                if not self._left(connection, row, client_id, told, now):
                    end_rows(connection, [row], now, told=told)
                    ended.append(row["person"])
            return ended

        return await self._database.write(work, many=True)

    def _left(
        self,
        connection: Connection,
        row: Row,
        client_id: str,
        told: Collection[str],
        now: int,
    ) -> bool:
        """Take a client out of a session, and answer whether another is left, or it was in none."""
        its_clients = _CLIENTS(session_id=row["id"]).all(connection)
        clients = {client["client_id"] for client in its_clients}
        if client_id not in clients:
            return True
        if row["expires_at"] > now:
            _tell(connection, row, {client_id} & {*told}, now)
        _LEAVE(session_id=row["id"], client_id_=client_id).run(connection)
        return not clients <= {client_id, ACCOUNT}

    def end_of(self, connection: Connection, person: str, *, told: Collection[str]) -> None:
        """End all sessions of a person within a transaction. Else as ``end``."""
        found = _ALL(person_=person).all(connection)
        end_rows(connection, found, int(self._clock()), told=told)


def end_rows(
    connection: Connection,
    found: Sequence[Row],
    now: int,
    *,
    told: Collection[str],
) -> None:
    """End sessions, whose rows are locked, within a transaction. Else as ``SessionEnds.end``."""
    if not found:
        return
    its_grants = grants.c.session.in_([row["id"] for row in found]) & ~grants.c.offline
    connection.execute(deleting(grants, its_grants))
    for row in found:
        if row["expires_at"] > now:
            # Whoever was signed out by time alone has not signed out, and nobody is told.
            _tell(connection, row, told, now)
        _END(session_id=row["id"]).run(connection)


def _tell(connection: Connection, row: Row, told: Collection[str], now: int) -> None:
    for client in _CLIENTS(session_id=row["id"]).all(connection):
        if client["client_id"] in told:
            part = Part(client["client_id"], client["sid"], client["subject"], client["sealed_by"])
            logout_deliveries.adding(part, row["person"], row["issuer"], now).run(connection)
