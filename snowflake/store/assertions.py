"""JWTs by which clients have proven who they are: each is good once (RFC 7523, section 3)."""

from hashlib import sha256

from snowflake.store.database import Database
from snowflake.store.prepared import Prepared
from snowflake.store.schema import used_assertions


class Assertions:
    """The names (``jti``) that have been used, until the JWTs would have expired."""

    def __init__(self, database: Database) -> None:
        self._database = database
        using = database.upsert(used_assertions)
        self._use = Prepared(
            using.on_conflict_do_nothing(index_elements=[used_assertions.c.digest])
        )

    async def use(self, client_id: str, jti: str, expires_at: int) -> bool:
        """Use a name of a client up, until a Unix time; answer whether it was new."""
        # JSON may hold half a character.
        digest = sha256(f"{client_id} {jti}".encode(errors="surrogatepass")).hexdigest()
        using = self._use(digest=digest, expires_at=expires_at)
        return await self._database.write(using.run, single=True) == 1
