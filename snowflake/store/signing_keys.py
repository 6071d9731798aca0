"""Keys that sign tokens, shared by all processes."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, Insert, Row, delete, func, select, update

from snowflake.crypto.algorithms import BY_KEY, RS256
from snowflake.crypto.sealing import Note, Sealer
from snowflake.store.database import Database
from snowflake.store.schema import leases, signing_keys
from snowflake.store.sealed import open_sealed

#: How the names of leases begin by which processes hold the keys of an algorithm.
PREFIX: Final = "keys of "


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

    @property
    def algorithm(self) -> str:
        """The algorithm by which it signs. The oldest keys do not say it."""
        named: str = json.loads(self.jwk).get("alg", RS256.name)
        return named


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
        return [self._opened(row) for row in rows]

    async def add(self, key: StoredKey) -> None:
        """Keep a key. One that is there already stays as it is."""
        adding = self._adding(key)
        await self._database.write(lambda c: c.execute(adding))

    async def add_before(self, key: StoredKey, margin: int) -> None:
        """Keep a key that signs from now on, in place of those of its algorithm that would later.

        They are forgotten. But one that is to sign within ``margin`` seconds may do so in a process
        that does not know better yet: it counts as one that has signed, so that its tokens hold.
        """
        adding, signs_from = self._adding(key), signing_keys.c.signs_from
        later = select(signing_keys).where(signs_from >= key.signs_from)

        def work(connection: Connection) -> None:
            kept = [self._opened(row) for row in connection.execute(later).all()]
            rivals = [other.kid for other in kept if other.algorithm == key.algorithm]
            theirs = signing_keys.c.kid.in_(rivals)
            connection.execute(
                delete(signing_keys).where(theirs, signs_from > key.signs_from + margin)
            )
            soon = update(signing_keys).where(theirs)
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

    def _opened(self, row: Row[Any]) -> StoredKey:
        jwk = open_sealed(self._sealer, SealedKey, row.key).jwk
        return StoredKey(row.kid, jwk, row.signs_from, row.lifetime or 0)

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

    async def need(self, algorithm: str, until: int) -> None:
        """Note that tokens that are signed by an algorithm live until that Unix time at least.

        It is a lease that all hold together who sign by it: the last of them counts.
        """
        insert = self._database.upsert(leases)
        statement = insert.values(name=PREFIX + algorithm, holder="", until=until)
        later = statement.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"until": statement.excluded.until},
            where=leases.c.until < statement.excluded.until,
        )
        await self._database.write(lambda c: c.execute(later))

    async def needed_until(self) -> dict[str, int]:
        """Answer until which Unix time tokens may live, by algorithm, where it has been noted."""
        names = [PREFIX + algorithm for algorithm in BY_KEY]
        query = select(leases.c.name, leases.c.until).where(leases.c.name.in_(names))
        rows = await self._database.read(lambda c: c.execute(query).all())
        return {row.name.removeprefix(PREFIX): row.until for row in rows}

    async def remove_unneeded(self, algorithm: str, kids: Collection[str], now: int) -> None:
        """Forget keys of an algorithm, unless tokens that it signed may live. ``now`` is Unix time.

        Whoever needs it again meanwhile has said so.
        """
        needed = select(leases.c.name).where(
            leases.c.name == PREFIX + algorithm, leases.c.until > now
        )
        gone = delete(signing_keys).where(signing_keys.c.kid.in_(kids), ~needed.exists())
        await self._database.write(lambda c: c.execute(gone))
