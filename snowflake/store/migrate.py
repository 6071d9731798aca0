"""Bring an old database up to date, once, however many processes start together."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text

from snowflake.errors import StartFault
from snowflake.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
#: Any number will do for PostgreSQL's advisory lock, as long as nobody else takes the same.
LOCK = 0x534E4F57


async def migrate(database: Database, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction.

    Processes that start together come one after the other: SQLite has one writer at a time, and on
    PostgreSQL the transaction holds an advisory lock.

    Raises:
        StartFault: the database has a schema that is not known here.
        TemporarilyUnavailable: the database cannot be reached.
    """
    async with database.write() as connection:
        if database.is_postgresql:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        await connection.run_sync(_upgrade, revision)


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        newer = "the store was made by a newer Snowflake than this one"
        raise StartFault([f"SNOWFLAKE_DATABASE_URL: {newer}"]) from error
