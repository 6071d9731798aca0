"""One database, SQLite or PostgreSQL, behind one pool of connections."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from snowflake.errors import TemporarilyUnavailable
from snowflake.files import make_private

#: Seconds that a writer on SQLite waits for another.
BUSY_TIMEOUT = 10
#: Seconds to wait for a connection, and for a new one to be made.
POOL_TIMEOUT, CONNECT_TIMEOUT = 5, 5
#: Seconds that PostgreSQL may take over one statement.
COMMAND_TIMEOUT = 10


class Database:
    """Connections, and the two things in which the engines differ: beginning and upserting."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reader = engine.execution_options(isolation_level="AUTOCOMMIT")

    @classmethod
    def open(cls, url: URL) -> "Database":
        """Open a database at a URL that ``parse_url`` made. Nothing is connected yet."""
        if url.get_backend_name() == "postgresql":
            return cls(
                create_async_engine(
                    url,
                    pool_pre_ping=True,
                    pool_timeout=POOL_TIMEOUT,
                    hide_parameters=True,
                    connect_args={"timeout": CONNECT_TIMEOUT, "command_timeout": COMMAND_TIMEOUT},
                )
            )
        engine = create_async_engine(url, hide_parameters=True, **_sqlite_options(url))
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return cls(engine)

    @property
    def is_postgresql(self) -> bool:
        """Whether this is PostgreSQL and not SQLite."""
        return self._engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection in which each statement stands alone.

        Raises:
            TemporarilyUnavailable: the database cannot be reached.
        """
        with _outages():
            async with self._reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction, committed when the block ends well and else undone.

        On SQLite writers come one after the other. Raises as ``read`` does.
        """
        with _outages():
            async with self._engine.begin() as connection:
                yield connection

    def upsert(self, table: Table) -> Any:
        """Begin an insert that can say what to do ``on_conflict``."""
        # The two dialects' inserts have the same methods but no common type for them.
        return (postgresql if self.is_postgresql else sqlite).insert(table)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def _sqlite_options(url: URL) -> dict[str, Any]:
    if not url.database or url.database == ":memory:":
        # Every connection would have a memory of its own, so there is one, for one at a time.
        return {"poolclass": AsyncAdaptedQueuePool, "pool_size": 1, "max_overflow": 0}
    make_private(Path(url.database))
    return {"connect_args": {"timeout": BUSY_TIMEOUT}}


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A transaction that begins by reading cannot wait for its turn to write; it fails at once.
    # Those who only read begin none, and so wait for no writer.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except (DataError, IntegrityError, ProgrammingError):
        # Faults of ours, and no outages.
        raise
    except (DBAPIError, PoolTimeout, OSError, TimeoutError) as error:
        unreachable = "the store cannot be reached; try again"
        raise TemporarilyUnavailable(unreachable, cause=_cause(error)) from None


def _cause(error: Exception) -> str:
    """Answer what the database said, unless it may have repeated a value of the statement."""
    name = type(error).__name__
    if isinstance(error, OperationalError | InterfaceError):
        return f"{name}: {error.orig}"
    return f"{name}: {error}" if isinstance(error, OSError) else name
