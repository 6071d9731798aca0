"""Refresh tokens: opaque, hashed, rotated at each use (RFC 9700, section 4.14.2)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from sqlalchemy import Connection, bindparam, insert, select, update

from snowflake.crypto.sealing import BadNote, Note, Sealer
from snowflake.store.database import Database
from snowflake.store.grants import Grant, Grants
from snowflake.store.prepared import Prepared, Statement
from snowflake.store.schema import refresh_tokens

#: Seconds after its use in which an old token still gets the answer that was lost.
OVERLAP = 10

_IS = refresh_tokens.c.hash == bindparam("sent")
_FIND = Prepared(select(refresh_tokens).where(_IS))
_ADD = Prepared(insert(refresh_tokens))
_USING = update(refresh_tokens).where(_IS, refresh_tokens.c.used_at.is_(None))
_USE, _KEEP = Prepared(_USING), Prepared(_USING.values(used_at=None))


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token as the store knows it.

    ``used_at`` is the Unix time at which it was exchanged for ``successor``, None if it never was.
    """

    hash: str
    grant_id: str
    expires_at: int
    used_at: int | None
    successor: str | None


@dataclass(frozen=True)
class _Successor(Note):
    """The token that took another's place, for a client that never got the answer."""

    purpose: ClassVar[str] = "refresh token successor 1"

    predecessor: str
    token: str


class _TooLate(Exception):
    """Somebody else has used the token or ended the grant; nothing of this is to be written."""


class RefreshTokens:
    """The refresh tokens in the store. ``clock`` tells Unix time in seconds."""

    def __init__(
        self, database: Database, sealer: Sealer, grants: Grants, clock: Callable[[], float]
    ) -> None:
        self._database, self._sealer, self._grants = database, sealer, grants
        self._clock = clock

    async def find(self, token: str) -> RefreshToken | None:
        """Answer what is known of a token, or None if there is none."""
        hashed = hash_of(token)
        row = await self._database.read(_FIND(sent=hashed).first)
        if row is None:
            return None
        sealed = row["successor"]
        return RefreshToken(
            hash=hashed,
            grant_id=row["grant_id"],
            expires_at=row["expires_at"],
            used_at=row["used_at"],
            successor=self._open(sealed, hashed) if sealed is not None else None,
        )

    async def is_used(self, token: str) -> bool:
        """Whether a token was exchanged for another one, or is no more."""
        found = await self.find(token)
        return found is None or found.used_at is not None

    async def living(self, token: str) -> tuple[RefreshToken, Grant] | None:
        """Answer a token that has not expired and its grant, or None."""
        found = await self.find(token)
        if found is None or found.expires_at <= self._clock():
            return None
        grant = await self._grants.find(found.grant_id)
        return (found, grant) if grant is not None else None

    async def rotate(self, token: RefreshToken, grant: Grant, *others: Statement) -> str | None:
        """Put a successor in the token's place and write the grant, all at once with ``others``.

        Answers the successor, or None if another request has been quicker.
        """
        successor = new_token()
        sealed = self._sealer.seal(_Successor(token.hash, successor))
        use = _USE(sent=token.hash, used_at=int(self._clock()), successor=sealed)
        change = self._grants.replacing(grant)
        written = await self._write(change, use, adding(successor, grant), *others)
        return successor if written else None

    async def keep(self, token: RefreshToken, grant: Grant, *others: Statement) -> bool:
        """Leave a token as it is and write the claims of its grant, all at once with ``others``.

        Answers whether it could be: another request may have put a successor in its place.
        """
        keep = _KEEP(sent=token.hash)
        return await self._write(self._grants.renewing(grant), keep, *others)

    async def _write(self, grant: Statement, token: Statement, *additions: Statement) -> bool:
        """Write all of it, if there is such a grant and such a token; answer whether there is."""

        def work(connection: Connection) -> None:
            # The grant first, as whoever ends it does: so nobody waits for each other.
            for change in (grant, token):
                if change.run(connection) != 1:
                    raise _TooLate
            for addition in additions:
                addition.run(connection)

        try:
            await self._database.write(work)
        except _TooLate:
            return False
        return True

    def _open(self, sealed: str, predecessor: str) -> str | None:
        try:
            successor = self._sealer.open(_Successor, sealed)
        except BadNote:
            # Sealed under a key that has been changed since; it was for a few seconds only.
            return None
        return successor.token if successor.predecessor == predecessor else None


def new_token() -> str:
    """Make a refresh token of 256 random bits."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Answer the hash by which a token is kept. It is random, so a fast hash is enough."""
    return sha256(token.encode()).hexdigest()


def adding(token: str, grant: Grant) -> Statement:
    """Answer the statement that writes a new token of a grant."""
    return _ADD(hash=hash_of(token), grant_id=grant.id, expires_at=grant.expires_at)
