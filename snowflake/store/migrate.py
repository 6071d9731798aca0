"""Bring an old database up to date, once, however many processes start together."""

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from snowflake.errors import StartFault
from snowflake.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
NEWER = "SNOWFLAKE_DATABASE_URL: the store was made by a newer Snowflake than this one"
OLDER = (
    "SNOWFLAKE_DATABASE_URL: the store was made before the first release and cannot be brought up "
    "to date; move it away: a new one is made, and everybody signs in and links anew"
)


#: Where Alembic notes which migration was the last.
_VERSION: Final = Table("alembic_version", MetaData(), Column("version_num", String(32)))


async def migrate(database: Database) -> None:
    """Run the migrations that are missing, in one transaction.

    Processes that start together come one after the other.

    Raises:
        StartFault: the database has a schema that is not known here.
        TemporarilyUnavailable: the database cannot be reached.
    """

    def upgrade(connection: Connection) -> None:
        database.queue(connection)
        _upgrade(connection)

    await database.write(upgrade)


async def missing_migrations(database: Database) -> int:
    """Answer how many migrations ``migrate`` would run. It runs none. Raises as that does."""
    return await database.read(_missing)


def _missing(connection: Connection) -> int:
    known, current = revisions(), _current(connection)
    if current is None:
        return len(known)
    if current not in known:
        raise StartFault([OLDER if current < known[0] else NEWER])
    return len(known) - known.index(current) - 1


def revisions() -> list[str]:
    """Answer the revisions that are known here, the oldest first: the files begin with them."""
    return sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    revision: str | None = connection.execute(select(_VERSION.c.version_num)).scalar()
    return revision


def _upgrade(connection: Connection) -> None:
    if not _missing(connection):
        return
    # Read when it has something to do, which is after a new release: it is a tenth of all that a
    # start reads.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
