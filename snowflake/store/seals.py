"""Under which key the store is sealed: a start with another one is refused, and changes nothing."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Select, select

from snowflake.crypto.files import exists
from snowflake.crypto.sealing import Sealer
from snowflake.errors import StartFault
from snowflake.store.database import Database
from snowflake.store.housekeeping import SEALED

FOREIGN: Final = (
    "is not the key under which the store is sealed; bring that one back, or put it behind this "
    "one in SNOWFLAKE_SECRET_KEY, separated by a comma"
)
LOST: Final = (
    "there is no such file, nor is SNOWFLAKE_SECRET_KEY set, and the store is sealed already; "
    "bring the file back from a backup or from the machine that made it, or set the variable to "
    "the key that it held. If that is lost, empty the store: everybody signs in and links anew"
)
_NAMES: Final = tuple(place.table.c.sealed_by for place in SEALED)


async def check_seals(database: Database, sealer: Sealer) -> None:
    """Pass, unless something is sealed under another key.

    Raises:
        StartFault: it is.
        TemporarilyUnavailable: the database cannot be reached.
    """
    foreign = [select(name).where(name.not_in(sealer.names)) for name in _NAMES]
    if await _finds(database, foreign):
        raise StartFault([f"{sealer.source}: {FOREIGN}"])


async def check_unsealed(database: Database, path: Path) -> None:
    """Pass, unless something is sealed, and the key that was to be in a file is not there.

    Raises:
        StartFault: it is.
        TemporarilyUnavailable: the database cannot be reached.
    """
    is_sealed = await _finds(database, [select(name).where(name.is_not(None)) for name in _NAMES])
    # Another process may have made it just now, before it sealed anything.
    if is_sealed and not exists(path):
        raise StartFault([f"{path}: {LOST}"])


async def _finds(database: Database, queries: Iterable[Select[tuple[str]]]) -> bool:
    def work(connection: Connection) -> bool:
        return any(connection.execute(query.limit(1)).first() is not None for query in queries)

    return await database.read(work, many=True)
