"""Sessions: one person signed in in one browser, and the registered clients that took part.

Statements that touch a session lock its row before its grants, so that nobody waits for each other.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    bindparam,
    delete,
    func,
    select,
    true,
    update,
)

from snowflake.crypto.sealing import Note, Sealer
from snowflake.errors import InvalidGrant
from snowflake.store import codes, logout_deliveries
from snowflake.store.codes import NewCode
from snowflake.store.database import Database, Statement
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens
from snowflake.store.locks import deleting
from snowflake.store.memberships import Membership, Memberships, in_order
from snowflake.store.schema import grants, session_clients, sessions
from snowflake.store.sealed import open_sealed
from snowflake.store.sids import sid_of


@dataclass(frozen=True, slots=True)
class Account:
    """What Discord last said of the person: JSON, the scopes it was asked with, the Unix time."""

    user: str
    scopes: frozenset[str]
    asked_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """A session. Times are Unix times in seconds.

    ``application`` is the Discord application through which the person came, ``auth_time`` when
    Discord last vouched for them, ``browser`` the fingerprint of the browser's login cookie.
    """

    application: str
    person: str
    issuer: str
    browser: str
    auth_time: int
    began_at: int
    used_at: int
    expires_at: int
    account: Account
    id: str = field(default_factory=lambda: secrets.token_hex(16))

    def sid(self, client_id: str) -> str:
        """Answer the name by which a client knows the session."""
        return sid_of(self.id, client_id)


class Participant(NamedTuple):
    """A client that took part in a session, first and last at these Unix times."""

    client_id: str
    sid: str
    first_at: int
    last_at: int


@dataclass(frozen=True)
class SealedAccount(Note):
    """The account at rest, tied to its session so that no row passes for another."""

    purpose: ClassVar[str] = "session account 1"

    session: str
    user: str
    scopes: tuple[str, ...]
    asked_at: int


class Which(NamedTuple):
    """Sessions for which all holds that is given; ``authenticated_by`` is a Unix time."""

    session: str | None = None
    person: str | None = None
    application: str | None = None
    authenticated_by: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Answer what has to hold."""
        equal = {
            sessions.c.id: self.session,
            sessions.c.person: self.person,
            sessions.c.application: self.application,
        }
        conditions = [column == value for column, value in equal.items() if value is not None]
        if self.authenticated_by is not None:
            conditions.append(sessions.c.auth_time <= self.authenticated_by)
        return conditions


class Arrival(NamedTuple):
    """Somebody who has come from Discord on their way to a client, with tokens of Discord.

    ``learnt`` is what else Discord said.
    """

    client_id: str
    tokens: StoredTokens
    learnt: Iterable[Membership] = ()


class Entry(NamedTuple):
    """Somebody who goes on to a client by their session, with a code."""

    client_id: str
    code: NewCode
    learnt: Iterable[Membership] = ()


_IS = sessions.c.id == bindparam("session_id")
_FIND = select(sessions).where(sessions.c.identifier == bindparam("hashed"))
_EXPIRY = select(sessions.c.expires_at).where(_IS)
#: Others may look at the session meanwhile, or nobody else.
_LOCK, _LOCK_ALONE = _EXPIRY.with_for_update(read=True), _EXPIRY.with_for_update()
_IN_BROWSER = (
    select(sessions)
    .where(
        (sessions.c.identifier == bindparam("hashed"))
        | (sessions.c.browser == bindparam("browser_"))
    )
    .order_by(sessions.c.id)
    .with_for_update()
)
_OF_PERSON = (
    select(sessions)
    .where(sessions.c.person == bindparam("person_"))
    .order_by(sessions.c.id)
    .with_for_update()
)
_CHANGE = update(sessions).where(_IS)
_END = delete(sessions).where(_IS)
_PARTICIPANTS = (
    select(session_clients)
    .where(session_clients.c.session == bindparam("session_id"))
    .order_by(session_clients.c.last_at.desc(), session_clients.c.client_id)
)


class Sessions:
    """The sessions in the store. ``clock`` tells Unix time in seconds."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        discord_tokens: DiscordTokens,
        memberships: Memberships,
        clock: Callable[[], float],
    ) -> None:
        self._database, self._sealer, self._clock = database, sealer, clock
        self._discord_tokens, self._memberships = discord_tokens, memberships
        participant = database.upsert(session_clients)
        self._participate = participant.on_conflict_do_update(
            index_elements=[session_clients.c.session, session_clients.c.client_id],
            set_={"last_at": participant.excluded.last_at},
        )
        adding = database.upsert(sessions)
        self._add = adding.on_conflict_do_nothing(index_elements=[sessions.c.browser])

    async def find(self, identifier: str) -> Session | None:
        """Answer the living session whose cookie holds an identifier, or None."""
        values = {"hashed": hash_of(identifier)}
        row = await self._database.read(lambda c: c.execute(_FIND, values).mappings().one_or_none())
        return self._read(row) if row is not None and self._lives(row) else None

    async def named(self, sid: str, client_id: str) -> Session | None:
        """Answer the living session that a client knows by a ``sid``, or None."""
        query = (
            select(sessions)
            .join(session_clients)
            .where(session_clients.c.sid == sid, session_clients.c.client_id == client_id)
        )
        row = await self._database.read(lambda c: c.execute(query).mappings().one_or_none())
        return self._read(row) if row is not None and self._lives(row) else None

    async def of_person(self, person: str | None = None) -> list[Session]:
        """Answer the living sessions of a person, or of everybody, those used last first."""
        query = select(sessions).where(sessions.c.expires_at > int(self._clock()))
        if person is not None:
            query = query.where(sessions.c.person == person)
        query = query.order_by(sessions.c.used_at.desc(), sessions.c.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all(), many=True)
        return [self._read(row) for row in rows]

    async def count(self, application: str, person: str) -> int:
        """Count a person's living sessions through one Discord application."""
        query = select(func.count()).where(
            sessions.c.person == person,
            sessions.c.application == application,
            sessions.c.expires_at > int(self._clock()),
        )
        return await self._database.read(lambda c: c.execute(query).scalar_one())

    async def participants(self, session_id: str) -> list[Participant]:
        """Answer the clients that took part, the last one first."""
        values = {"session_id": session_id}
        rows = await self._database.read(lambda c: c.execute(_PARTICIPANTS, values).all())
        return [Participant(row.client_id, row.sid, row.first_at, row.last_at) for row in rows]

    async def begin(
        self,
        new: Session,
        identifier: str,
        previous: str | None,
        arrival: Arrival,
        *,
        told: Collection[str],
    ) -> Session:
        """Sign somebody in in a browser, on their way to a client; answer the session as it is now.

        A session of the same person in this browser lives on under the new ``identifier``, with a
        new time of authentication; one of somebody else ends. ``previous`` is the identifier that
        the browser has brought, if it has. ``told`` are the clients that hear of an end by their
        server.
        """
        looked = {"hashed": hash_of(previous or ""), "browser_": new.browser}

        def work(connection: Connection) -> Session:
            session = None
            while session is None:
                # Again, where another window has begun one in the very same moment.
                found = connection.execute(_IN_BROWSER, looked).mappings().all()
                session = self._begun(connection, new, identifier, found, told)
            connection.execute(*self._participating(session.id, arrival.client_id))
            for membership in in_order(arrival.learnt):
                connection.execute(*self._memberships.putting(membership))
            self._discord_tokens.keep(connection, arrival.tokens)
            return session

        return await self._database.write(work)

    def _begun(
        self,
        connection: Connection,
        new: Session,
        identifier: str,
        found: Sequence[RowMapping],
        told: Collection[str],
    ) -> Session | None:
        living = [row for row in found if self._lives(row) and _is_same(row, new)]
        # The one of the cookie rather than one whose cookie was lost.
        kept = max(living, key=lambda row: row["browser"] != new.browser, default=None)
        self.end_in(connection, [row for row in found if row is not kept], told=told)
        session = new if kept is None else _continued(self._read(kept), new)
        row = {"identifier": hash_of(identifier), **self._row(session)}
        if kept is not None:
            connection.execute(_CHANGE, {"session_id": session.id, **row})
            return session
        added = connection.execute(self._add, {"id": session.id, **row}).rowcount == 1
        return session if added else None

    async def enter(self, session: Session, entry: Entry, account: Account) -> None:
        """Let the person of a session go on to a client, with a code.

        ``account`` is what Discord says of them now.

        Raises:
            InvalidGrant: the session has ended meanwhile. Nothing is written.
        """
        now = int(self._clock())
        used = {"session_id": session.id, "used_at": now, **self._sealed(session.id, account)}

        def work(connection: Connection) -> None:
            _check_lives(connection.execute(_LOCK_ALONE, {"session_id": session.id}).first(), now)
            connection.execute(_CHANGE, used)
            connection.execute(*codes.putting(entry.code, session.application, session.person))
            connection.execute(*self._participating(session.id, entry.client_id))
            for membership in in_order(entry.learnt):
                connection.execute(*self._memberships.putting(membership))

        await self._database.write(work)

    async def end(
        self, which: Which, *, told: Collection[str], offline: bool = False
    ) -> list[Session]:
        """End sessions and answer them.

        Their grants end, with ``offline`` even those that would go on without a session. Those
        clients that are ``told`` will hear of it by their server, whatever crashes.
        """
        query = select(sessions).where(true(), *which.conditions()).order_by(sessions.c.id)

        def work(connection: Connection) -> list[Session]:
            found = connection.execute(query.with_for_update()).mappings().all()
            self.end_in(connection, found, told=told, offline=offline)
            return [self._read(row) for row in found]

        return await self._database.write(work, many=True)

    def end_of(self, connection: Connection, person: str, *, told: Collection[str]) -> None:
        """End all sessions of a person within a transaction. Else as ``end``."""
        found = connection.execute(_OF_PERSON, {"person_": person}).mappings().all()
        self.end_in(connection, found, told=told)

    def end_in(
        self,
        connection: Connection,
        found: Sequence[RowMapping],
        *,
        told: Collection[str],
        offline: bool = False,
    ) -> None:
        """End sessions, whose rows are locked, within a transaction. Else as ``end``."""
        now = int(self._clock())
        their_grants = grants.c.session.in_([row["id"] for row in found])
        ending = their_grants if offline else their_grants & ~grants.c.offline
        connection.execute(deleting(grants, ending))
        for row in found:
            if self._lives(row):
                # Whoever was signed out by time alone has not signed out, and nobody is told.
                self._tell(connection, row, told, now)
            connection.execute(_END, {"session_id": row["id"]})

    @staticmethod
    def _tell(connection: Connection, row: RowMapping, told: Collection[str], now: int) -> None:
        clients = connection.execute(_PARTICIPANTS, {"session_id": row["id"]}).all()
        for client in clients:
            if client.client_id in told:
                delivery = logout_deliveries.adding(
                    client.client_id, row["person"], client.sid, row["issuer"], now
                )
                connection.execute(*delivery)

    def _participating(self, session_id: str, client_id: str) -> Statement:
        now = int(self._clock())
        return self._participate, {
            "session": session_id,
            "client_id": client_id,
            "sid": sid_of(session_id, client_id),
            "first_at": now,
            "last_at": now,
        }

    def _lives(self, row: RowMapping) -> bool:
        return bool(row["expires_at"] > self._clock())

    def _row(self, session: Session) -> dict[str, object]:
        return {
            "browser": session.browser,
            "application": session.application,
            "person": session.person,
            "issuer": session.issuer,
            "auth_time": session.auth_time,
            "began_at": session.began_at,
            "used_at": session.used_at,
            "expires_at": session.expires_at,
            **self._sealed(session.id, session.account),
        }

    def _sealed(self, session_id: str, account: Account) -> dict[str, object]:
        scopes = tuple(sorted(account.scopes))
        note = SealedAccount(session_id, account.user, scopes, account.asked_at)
        return {"account": self._sealer.seal(note), "sealed_by": self._sealer.name}

    def _read(self, row: RowMapping) -> Session:
        sealed = open_sealed(self._sealer, SealedAccount, row["account"])
        if sealed.session != row["id"]:
            raise ValueError("the account of a session belongs to another")
        return Session(
            id=row["id"],
            application=row["application"],
            person=row["person"],
            issuer=row["issuer"],
            browser=row["browser"],
            auth_time=row["auth_time"],
            began_at=row["began_at"],
            used_at=row["used_at"],
            expires_at=row["expires_at"],
            account=Account(sealed.user, frozenset(sealed.scopes), sealed.asked_at),
        )


def hash_of(identifier: str) -> str:
    """Answer the hash by which an identifier is kept. It is random, so a fast hash is enough."""
    return sha256(identifier.encode()).hexdigest()


def check_lives(connection: Connection, session_id: str, now: float) -> None:
    """Pass, if a session lives, and keep it from ending before the transaction does.

    Raises:
        InvalidGrant: it has ended.
    """
    _check_lives(connection.execute(_LOCK, {"session_id": session_id}).first(), now)


def _check_lives(row: Row[Any] | None, now: float) -> None:
    if row is None or row.expires_at <= now:
        raise InvalidGrant("the person has signed out, and has to sign in again")


def _continued(old: Session, new: Session) -> Session:
    return replace(new, id=old.id, began_at=old.began_at)


def _is_same(row: RowMapping, session: Session) -> bool:
    names = ("application", "person", "issuer")
    return all(row[name] == getattr(session, name) for name in names)
