"""Bring an old database up to date, once, however many processes start together."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from snowflake.errors import StartFault
from snowflake.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
NEWER = "SNOWFLAKE_DATABASE_URL: the store was made by a newer Snowflake than this one"
OLDER = (
    "SNOWFLAKE_DATABASE_URL: the store was made before the first release and cannot be brought up "
    "to date; move it away: a new one is made, and everybody signs in and links anew"
)


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
    current = MigrationContext.configure(connection).get_current_revision()
    # The newest first.
    known = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    if current is None:
        return len(known)
    if current not in known:
        raise StartFault([OLDER if current < known[-1] else NEWER])
    return known.index(current)


def _upgrade(connection: Connection) -> None:
    if not _missing(connection):
        return
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
