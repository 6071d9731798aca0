"""Sessions: one person signed in in one browser, and the registered clients that took part.

Statements that touch a session lock its row before its grants, so that nobody waits for each other.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar, NamedTuple

from sqlalchemy import bindparam, func, select

from snowflake.crypto.sealing import Note, Sealer
from snowflake.store.database import Database
from snowflake.store.prepared import Prepared, Row
from snowflake.store.schema import session_clients, sessions
from snowflake.store.sealed import open_sealed
from snowflake.store.sids import sid_of
from snowflake.store.subjects import read_subject, sealed_subject


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
    """A client that took part in a session, first and last at these Unix times.

    ``subject`` is the name by which it was last told to know the person.
    """

    client_id: str
    sid: str
    first_at: int
    last_at: int
    subject: str


@dataclass(frozen=True)
class SealedAccount(Note):
    """The account at rest, tied to its session so that no row passes for another."""

    purpose: ClassVar[str] = "session account 1"

    session: str
    user: str
    scopes: tuple[str, ...]
    asked_at: int


_FIND = Prepared(select(sessions).where(sessions.c.identifier == bindparam("hashed")))
_PARTICIPANTS = Prepared(
    select(session_clients)
    .where(session_clients.c.session == bindparam("session_id"))
    .order_by(session_clients.c.last_at.desc(), session_clients.c.client_id)
)


class Sessions:
    """The sessions in the store. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._database, self._sealer, self._clock = database, sealer, clock

    async def find(self, identifier: str) -> Session | None:
        """Answer the living session whose cookie holds an identifier, or None."""
        row = await self._database.read(_FIND(hashed=hash_of(identifier)).first)
        return self.read(row) if row is not None and self.lives(row) else None

    async def of_person(self, person: str | None = None) -> list[Session]:
        """Answer the living sessions of a person, or of everybody, those used last first."""
        query = select(sessions).where(sessions.c.expires_at > int(self._clock()))
        if person is not None:
            query = query.where(sessions.c.person == person)
        query = query.order_by(sessions.c.used_at.desc(), sessions.c.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all(), many=True)
        return [self.read(row) for row in rows]

    async def some(self, limit: int) -> list[str]:
        """Answer the IDs of some sessions, whether they live or not."""
        query = select(sessions.c.id).limit(limit)
        return list(await self._database.read(lambda c: c.execute(query).scalars().all()))

    async def count(self, application: str, person: str) -> int:
        """Count a person's living sessions through one Discord application."""
        query = select(func.count()).where(
            sessions.c.person == person,
            sessions.c.application == application,
            sessions.c.expires_at > int(self._clock()),
        )
        return await self._database.read(lambda c: c.execute(query).scalar_one())

    async def participants(self, session: Session) -> list[Participant]:
        """Answer the clients that took part, the last one first."""
        rows = await self._database.read(_PARTICIPANTS(session_id=session.id).all)
        return [
            Participant(
                client_id=row["client_id"],
                sid=row["sid"],
                first_at=row["first_at"],
                last_at=row["last_at"],
                subject=read_subject(row["subject"], row["sid"], session.person, self._sealer),
            )
            for row in rows
        ]

    async def entered(self, person: str, application: str) -> dict[str, int]:
        """Answer the clients in a person's living sessions, each with its last login's time.

        That is, in those through one Discord application.
        """
        last = func.max(session_clients.c.last_at).label("last")
        query = (
            select(session_clients.c.client_id, last)
            .join(sessions)
            .where(
                sessions.c.person == person,
                sessions.c.application == application,
                sessions.c.expires_at > int(self._clock()),
            )
            .group_by(session_clients.c.client_id)
        )
        rows = await self._database.read(lambda c: c.execute(query).all())
        return {row.client_id: row.last for row in rows}

    def part(self, session: Session, client_id: str, subject: str) -> dict[str, object]:
        """Answer what a row holds of a client's part, beside its times."""
        sid = sid_of(session.id, client_id)
        its_name = sealed_subject(sid, subject, session.person, self._sealer)
        return {"session": session.id, "client_id": client_id, "sid": sid, **its_name}

    def lives(self, row: Row) -> bool:
        """Whether the time of a row is not over."""
        return bool(row["expires_at"] > self._clock())

    def row(self, session: Session) -> dict[str, object]:
        """Answer what a row holds beside its ID and the identifier."""
        return {
            "browser": session.browser,
            "application": session.application,
            "person": session.person,
            "issuer": session.issuer,
            "auth_time": session.auth_time,
            "began_at": session.began_at,
            "used_at": session.used_at,
            "expires_at": session.expires_at,
            **self.sealed(session.id, session.account),
        }

    def sealed(self, session_id: str, account: Account) -> dict[str, object]:
        """Answer the columns that hold the account."""
        scopes = tuple(sorted(account.scopes))
        note = SealedAccount(session_id, account.user, scopes, account.asked_at)
        return {"account": self._sealer.seal(note), "sealed_by": self._sealer.name}

    def read(self, row: Row) -> Session:
        """Answer the session of a row.

        Raises:
            TemporarilyUnavailable: it cannot be opened.
        """
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
