"""Keys that sign tokens, shared by all processes."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection, Insert, delete, func, select, update

from snowflake.crypto.sealing import Note, Sealer
from snowflake.store.database import Database
from snowflake.store.schema import signing_keys
from snowflake.store.sealed import open_sealed


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A private JSON Web Key, and the Unix time from which it signs.

    ``lifetime`` is how many seconds the tokens live that live longest of those that it has signed;
    0 if nobody has said so.
    """

    kid: str
    jwk: str
    signs_from: int
    lifetime: int = 0


@dataclass(frozen=True)
class SealedKey(Note):
    """The key at rest."""

    purpose: ClassVar[str] = "signing key 1"

    jwk: str


class SigningKeys:
    """The keys in the store."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database, self._sealer = database, sealer

    async def all(self) -> list[StoredKey]:
        """Answer all keys, the one that signs last at the end."""
        query = select(signing_keys).order_by(signing_keys.c.signs_from, signing_keys.c.kid)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [
            StoredKey(
                row.kid,
                open_sealed(self._sealer, SealedKey, row.key).jwk,
                row.signs_from,
                row.lifetime or 0,
            )
            for row in rows
        ]

    async def add(self, key: StoredKey) -> None:
        """Keep a key. One that is there already stays as it is."""
        adding = self._adding(key)
        await self._database.write(lambda c: c.execute(adding))

    async def add_before(self, key: StoredKey, margin: int) -> None:
        """Keep a key that signs from now on, in place of all those that would sign later.

        They are forgotten. But one that is to sign within ``margin`` seconds may do so in a process
        that does not know better yet: it counts as one that has signed, so that its tokens hold.
        """
        adding, signs_from = self._adding(key), signing_keys.c.signs_from
        late = delete(signing_keys).where(signs_from > key.signs_from + margin)
        soon = update(signing_keys).where(signs_from >= key.signs_from)

        def work(connection: Connection) -> None:
            connection.execute(late)
            connection.execute(soon.values(signs_from=key.signs_from - 1))
            connection.execute(adding)

        await self._database.write(work)

    async def signs_for(self, kid: str, lifetime: int) -> None:
        """Note that a key signs tokens that live so many seconds, unless some lived longer."""
        known = func.coalesce(signing_keys.c.lifetime, 0)
        longer = (
            update(signing_keys)
            .where(signing_keys.c.kid == kid, known < lifetime)
            .values(lifetime=lifetime)
        )
        await self._database.write(lambda c: c.execute(longer))

    def _adding(self, key: StoredKey) -> Insert:
        insert = self._database.upsert(signing_keys).values(
            kid=key.kid,
            key=self._sealer.seal(SealedKey(key.jwk)),
            signs_from=key.signs_from,
            lifetime=key.lifetime or None,
            sealed_by=self._sealer.name,
        )
        adding: Insert = insert.on_conflict_do_nothing(index_elements=[signing_keys.c.kid])
        return adding

    async def remove(self, kid: str) -> None:
        """Forget a key. Tokens that it signed cannot be verified any more."""
        gone = delete(signing_keys).where(signing_keys.c.kid == kid)
        await self._database.write(lambda c: c.execute(gone))
