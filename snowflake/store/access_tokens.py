"""Access tokens that say nothing by themselves, known by their hash until they expire.

One ends with its grant, as its refresh tokens do.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from snowflake.errors import InvalidGrant
from snowflake.store.database import Database
from snowflake.store.prepared import Prepared, Statement
from snowflake.store.refresh_tokens import hash_of, new_token
from snowflake.store.schema import access_tokens, grants

#: With what its grant says of whose it is.
_FIND = Prepared(
    select(access_tokens, grants.c.client_id, grants.c.issuer)
    .join_from(access_tokens, grants)
    .where(access_tokens.c.hash == bindparam("sent"))
)
_ADD = Prepared(insert(access_tokens))


@dataclass(frozen=True, slots=True)
class OpaqueToken:
    """What an opaque access token stands for. Times are Unix times in seconds.

    ``sid`` is the name by which the client knew the session in which it was issued, if that lived.
    """

    grant_id: str
    scopes: tuple[str, ...]
    sid: str | None
    issued_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that is about to be issued, and what it stands for."""

    token: str
    means: OpaqueToken

    @classmethod
    def of(cls, means: OpaqueToken) -> "NewToken":
        """Make a token of 256 random bits."""
        return cls(new_token(), means)


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token that was issued here, and for whom by whom. It may have expired."""

    client_id: str
    issuer: str
    means: OpaqueToken


class AccessTokens:
    """The opaque access tokens in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, token: str) -> FoundToken | None:
        """Answer what a token stands for, or None if there is none of a living grant."""
        row = await self._database.read(_FIND(sent=hash_of(token)).first)
        if row is None:
            return None
        means = OpaqueToken(
            grant_id=row["grant_id"],
            scopes=tuple(row["scope"].split()),
            sid=row["sid"],
            issued_at=row["issued_at"],
            expires_at=row["expires_at"],
        )
        return FoundToken(row["client_id"], row["issuer"], means)

    async def add(self, new: NewToken) -> None:
        """Keep a new token of a grant that is there already.

        Raises:
            InvalidGrant: the grant has ended meanwhile.
        """

        def work(connection: Connection) -> None:
            try:
                adding(new).run(connection)
            except IntegrityError as error:
                raise InvalidGrant("the grant has been revoked") from error

        await self._database.write(work, single=True)


def adding(new: NewToken) -> Statement:
    """Answer the statement that writes a new token."""
    means = new.means
    return _ADD(
        hash=hash_of(new.token),
        grant_id=means.grant_id,
        scope=" ".join(means.scopes),
        sid=means.sid,
        issued_at=means.issued_at,
        expires_at=means.expires_at,
    )
