"""Access tokens that clients got for themselves, known by a hash until they expire."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, select

from snowflake.store.database import Database
from snowflake.store.refresh_tokens import hash_of
from snowflake.store.schema import client_tokens

_SENT = client_tokens.c.hash == bindparam("sent")
_FIND = select(client_tokens).where(_SENT)
_END = delete(client_tokens).where(_SENT)
_ADD = insert(client_tokens)


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
        row = {
            "hash": hash_of(name),
            "client_id": token.client_id,
            "subject": token.subject,
            "scope": " ".join(token.scopes),
            "issued_at": token.issued_at,
            "expires_at": token.expires_at,
        }
        await self._database.write(lambda c: c.execute(_ADD, row))

    async def find(self, name: str) -> KeptClientToken | None:
        """Answer what a name stands for; None once it has been revoked. It may have expired."""
        sent = {"sent": hash_of(name)}
        row = await self._database.read(lambda c: c.execute(_FIND, sent).one_or_none())
        if row is None:
            return None
        scopes = tuple(row.scope.split())
        return KeptClientToken(row.client_id, row.subject, scopes, row.issued_at, row.expires_at)

    async def end(self, name: str) -> None:
        """Let a token be good for nothing from now on."""
        sent = {"sent": hash_of(name)}
        await self._database.write(lambda c: c.execute(_END, sent))
