"""Access tokens that clients got for themselves, known by a hash until they expire."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, select

from snowflake.store.database import Database
from snowflake.store.prepared import Prepared
from snowflake.store.refresh_tokens import hash_of
from snowflake.store.schema import client_tokens

_SENT = client_tokens.c.hash == bindparam("sent")
_FIND = Prepared(select(client_tokens).where(_SENT))
_END = Prepared(delete(client_tokens).where(_SENT))
_ADD = Prepared(insert(client_tokens))


@dataclass(frozen=True, slots=True)
class KeptClientToken:
    """What a client's own access token stands for. Times are Unix times in seconds.

    ``subject`` is the client, or whoever of somebody else's has proven that it is the client.
    """

    client_id: str
    subject: str
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int


class ClientTokens:
    """Clients' own access tokens. Their names are random, and secret where they are the tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, name: str, token: KeptClientToken) -> None:
        """Keep a new token by its name."""
        adding = _ADD(
            hash=hash_of(name),
            client_id=token.client_id,
            subject=token.subject,
            scope=" ".join(token.scopes),
            issued_at=token.issued_at,
            expires_at=token.expires_at,
        )
        await self._database.write(adding.run, single=True)

    async def find(self, name: str) -> KeptClientToken | None:
        """Answer what a name stands for; None once it has been revoked. It may have expired."""
        row = await self._database.read(_FIND(sent=hash_of(name)).first)
        if row is None:
            return None
        return KeptClientToken(
            client_id=row["client_id"],
            subject=row["subject"],
            scopes=tuple(row["scope"].split()),
            issued_at=row["issued_at"],
            expires_at=row["expires_at"],
        )

    async def end(self, name: str) -> None:
        """Let a token be good for nothing from now on."""
        await self._database.write(_END(sent=hash_of(name)).run, single=True)
