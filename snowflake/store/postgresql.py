"""PostgreSQL, over asyncpg."""

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from snowflake.store.database import Database, Result, Work

#: Seconds to wait for a connection, and for a new one to be made.
POOL_TIMEOUT, CONNECT_TIMEOUT = 5, 5
#: Seconds that one statement may take.
COMMAND_TIMEOUT = 10
#: Any number will do for the advisory lock, as long as nobody else takes the same.
LOCK = 0x534E4F57


class Postgresql(Database):
    """A pool of connections to a server."""

    def __init__(self, url: URL) -> None:
        self._engine = create_async_engine(
            url,
            pool_pre_ping=True,
            pool_timeout=POOL_TIMEOUT,
            hide_parameters=True,
            connect_args={"timeout": CONNECT_TIMEOUT, "command_timeout": COMMAND_TIMEOUT},
        )
        self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    def upsert(self, table: Table) -> postgresql.Insert:
        """Begin an insert that can say what to do ``on_conflict``."""
        return postgresql.insert(table)

    def queue(self, connection: Connection) -> None:
        """Take the advisory lock, which ends with the transaction."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    # A server's work on many rows keeps nobody else waiting.
    async def _read(self, work: Work[Result], *, many: bool) -> Result:  # noqa: ARG002
        async with self._reader.connect() as connection:
            return await connection.run_sync(work)

    async def _write(self, work: Work[Result], *, many: bool) -> Result:  # noqa: ARG002
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)
