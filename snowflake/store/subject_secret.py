"""The secret by which people are named to some clients: made once, and then for all time.

With another one, applications would take everybody for somebody new.
"""

import secrets
from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import Connection, select

from snowflake.crypto.sealing import Note, Sealer
from snowflake.store.database import Database
from snowflake.store.schema import subject_secret
from snowflake.store.sealed import open_sealed

#: Bytes of it.
LENGTH: Final = 32
_ID: Final = "subjects"
_FIND = select(subject_secret.c.secret).where(subject_secret.c.id == _ID)


@dataclass(frozen=True)
class SealedSecret(Note):
    """The secret at rest, in hexadecimal."""

    purpose: ClassVar[str] = "subject secret 1"

    secret: str


class SubjectSecret:
    """The secret in the store."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database, self._sealer = database, sealer

    async def find(self) -> bytes | None:
        """Answer the secret, or None if there is none yet."""
        sealed = await self._database.read(lambda c: c.execute(_FIND).scalar_one_or_none())
        return self._opened(sealed) if sealed is not None else None

    async def made(self) -> bytes:
        """Answer the secret, having made it if there is none.

        Processes that start together get the same: the first one's.
        """
        found = await self.find()
        if found is not None:
            return found
        new = self._sealer.seal(SealedSecret(secrets.token_hex(LENGTH)))
        insert = self._database.upsert(subject_secret)
        insert = insert.values(id=_ID, secret=new, sealed_by=self._sealer.name)
        insert = insert.on_conflict_do_nothing(index_elements=[subject_secret.c.id])

        def work(connection: Connection) -> str:
            connection.execute(insert)
            return str(connection.execute(_FIND).scalar_one())

        return self._opened(await self._database.write(work))

    def _opened(self, sealed: str) -> bytes:
        return bytes.fromhex(open_sealed(self._sealer, SealedSecret, sealed).secret)
