"""Grants: what one person allowed one client. A grant that has ended is gone."""

import math
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from snowflake.crypto.sealing import Note, Sealer
from snowflake.store.database import Database
from snowflake.store.leases import Leases
from snowflake.store.locks import deleting
from snowflake.store.prepared import Prepared, Row, Statement
from snowflake.store.schema import grants, sessions
from snowflake.store.sealed import open_sealed
from snowflake.store.sids import sid_of

#: Seconds that looking a grant up and saving its claims may take, beside asking Discord.
SAVING = 5

_IS = grants.c.id == bindparam("grant_id")
#: With the end of its session, nothing if that has ended.
_WITH_SESSION = select(grants, sessions.c.expires_at.label("session_ends")).join_from(
    grants, sessions, grants.c.session == sessions.c.id, isouter=True
)
_FIND = Prepared(_WITH_SESSION.where(_IS))
_ADD = Prepared(insert(grants))
_REPLACE = Prepared(update(grants).where(_IS))
#: Grants that a person has at most with one client: each login makes one, and an application may
#: send somebody through a hundred a day.
MOST: Final = 100
# The one that is being made stays whatever its time, for a clock may have been set back.
_SURPLUS = Prepared(
    deleting(
        grants,
        grants.c.id.in_(
            select(grants.c.id)
            .where(
                grants.c.person == bindparam("of_person"),
                grants.c.client_id == bindparam("of_client"),
                grants.c.id != bindparam("new_id"),
            )
            .order_by(grants.c.auth_time.desc(), grants.c.id)
            .offset(MOST - 1)
        ),
    )
)


#: Claims that were asked for by their names, by where they are to be.
Requested = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant. Times are Unix times in seconds.

    ``application`` is the Discord application through which the person came, ``claims`` what the
    client may know, ``sub`` included, and ``secret_hash`` a slow hash of the client secret that
    was last known to be good, None for a public client. ``scopes`` are those that the client asked
    for, whatever it was given, and ``discord_scopes`` those that Discord granted then.
    ``claims_at`` is the time at which Discord was asked for the oldest of the claims. ``session``
    is the ID of the session in which it began, and ``session_ends`` when that will end, None if it
    has; with it ends the grant, unless it is ``offline``. ``requested`` are claims that were asked
    for beside the scopes.
    """

    client_id: str
    application: str
    person: str
    issuer: str
    scopes: tuple[str, ...]
    claims: Mapping[str, Any]
    auth_time: int
    expires_at: int
    secret_hash: str | None
    claims_at: int
    discord_scopes: frozenset[str] = frozenset()
    session: str | None = None
    session_ends: int | None = None
    offline: bool = False
    requested: Requested = field(default_factory=dict)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def sid(self) -> str | None:
        """The name by which the client knows the session, if that lives."""
        if self.session is None or self.session_ends is None:
            return None
        return sid_of(self.session, self.client_id)


@dataclass(frozen=True)
class SealedClaims(Note):
    """The claims at rest, tied to their grant so that no row passes for another."""

    purpose: ClassVar[str] = "grant claims 1"

    grant_id: str
    claims: dict[str, Any]
    requested: dict[str, list[str]] = field(default_factory=dict)


class Grants:
    """The grants in the store."""

    def __init__(
        self, database: Database, sealer: Sealer, leases: Leases, clock: Callable[[], float]
    ) -> None:
        self._database, self._sealer, self._leases = database, sealer, leases
        self._clock = clock

    async def find(self, grant_id: str) -> Grant | None:
        """Answer a grant, or None if there is none or it has ended."""
        row = await self._database.read(_FIND(grant_id=grant_id).first)
        return self._living(row) if row is not None else None

    async def of_person(self, person: str) -> list[Grant]:
        """Answer all grants of a person."""
        query = _WITH_SESSION.where(grants.c.person == person).order_by(grants.c.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [grant for row in rows if (grant := self._living(row)) is not None]

    async def latest(self, client_id: str, number: int) -> list[Grant]:
        """Answer the latest grants of a client, at most so many."""
        query = _WITH_SESSION.where(grants.c.client_id == client_id)
        query = query.order_by(grants.c.auth_time.desc(), grants.c.id).limit(number)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all(), many=True)
        return [grant for row in rows if (grant := self._living(row)) is not None]

    async def end(self, grant_id: str) -> None:
        """End a grant: its access tokens and refresh tokens are worth nothing from now on."""
        gone = delete(grants).where(grants.c.id == grant_id)
        # Its refresh tokens go with it, however many there were.
        await self._database.write(lambda c: c.execute(gone), many=True)

    async def renew_claims(self, grant: Grant) -> None:
        """Keep the claims of a grant, unless it has newer ones or has ended."""
        change = update(grants).where(
            grants.c.id == grant.id, grants.c.claims_at <= grant.claims_at
        )
        row = self._row(grant)
        claims = {name: row[name] for name in ("claims", "claims_at", "sealed_by")}
        await self._database.write(lambda c: c.execute(change.values(claims)))

    def alone(self, grant_id: str, patience: float) -> AbstractAsyncContextManager[None]:
        """Be the only one, among all processes, who brings a grant's claims up to date.

        Waits up to ``patience`` seconds, then raises ``TemporarilyUnavailable``. Discord has to
        answer within as many.
        """
        return self._leases.hold(f"grant {grant_id}", math.ceil(patience) + SAVING, patience)

    async def count(self, application: str, person: str) -> int:
        """Count a person's grants through one Discord application that have not expired."""
        query = select(func.count()).where(
            grants.c.person == person,
            grants.c.application == application,
            grants.c.expires_at > int(self._clock()),
        )
        return await self._database.read(lambda c: c.execute(query).scalar_one())

    def adding(self, grant: Grant) -> Statement:
        """Answer the statement that writes a new grant."""
        return _ADD(id=grant.id, **self._row(grant))

    def replacing(self, grant: Grant) -> Statement:
        """Answer the statement that writes a changed grant, if it is still there."""
        return _REPLACE(grant_id=grant.id, **self._row(grant))

    def renewing(self, grant: Grant) -> Statement:
        """Answer the statement that writes the claims of a grant, if it is still there.

        Its life is none of its business: somebody else may have lengthened it meanwhile.
        """
        row = self._row(grant)
        claims = {name: row[name] for name in ("claims", "claims_at", "sealed_by")}
        return _REPLACE(grant_id=grant.id, **claims)

    def _row(self, grant: Grant) -> dict[str, object]:
        return {
            "client_id": grant.client_id,
            "application": grant.application,
            "person": grant.person,
            "issuer": grant.issuer,
            "scope": " ".join(grant.scopes),
            "discord_scope": " ".join(sorted(grant.discord_scopes)),
            "auth_time": grant.auth_time,
            "claims": self._sealer.seal(_sealed(grant)),
            "claims_at": grant.claims_at,
            "secret_hash": grant.secret_hash,
            "session": grant.session,
            "offline": grant.offline,
            "expires_at": grant.expires_at,
            "sealed_by": self._sealer.name,
        }

    def _living(self, row: Row) -> Grant | None:
        ends = row["session_ends"] or 0
        lives = ends > self._clock()
        if row["session"] is not None and not lives and not row["offline"]:
            return None
        return self._read(row, ends if lives else None)

    def _read(self, row: Row, session_ends: int | None) -> Grant:
        sealed = open_sealed(self._sealer, SealedClaims, row["claims"])
        if sealed.grant_id != row["id"]:
            raise ValueError("the claims of a grant belong to another")
        return Grant(
            id=row["id"],
            client_id=row["client_id"],
            application=row["application"],
            person=row["person"],
            issuer=row["issuer"],
            scopes=tuple(row["scope"].split()),
            claims=sealed.claims,
            auth_time=row["auth_time"],
            expires_at=row["expires_at"],
            secret_hash=row["secret_hash"],
            claims_at=row["claims_at"],
            discord_scopes=frozenset(row["discord_scope"].split()),
            session=row["session"],
            session_ends=session_ends,
            offline=row["offline"],
            requested={place: tuple(names) for place, names in sealed.requested.items()},
        )


def _sealed(grant: Grant) -> SealedClaims:
    requested = {place: list(names) for place, names in grant.requested.items()}
    return SealedClaims(grant.id, dict(grant.claims), requested)


def surplus(new: Grant) -> Statement:
    """Answer the statement that ends a person's oldest grants with one client beyond ``MOST``."""
    return _SURPLUS(of_person=new.person, of_client=new.client_id, new_id=new.id)
