"""SQLite, in a file or in memory.

Python's driver blocks. Its statements take microseconds and are done where they are asked for: in a
thread, each would wait for the interpreter again and again with the database locked to all other
processes. Nobody waits there for what may take long: the lock is asked for again after a while, and
a thread commits, which waits for the disk.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, Transaction, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from snowflake.files import make_private
from snowflake.store.database import Database, Result, Work

#: Seconds that a writer waits for one of another process, and between two looks.
BUSY_TIMEOUT, LOOK_EVERY = 10, 0.001
#: Seconds that a writer waits for others of this process.
TURN_TIMEOUT = 10
_BEGIN: Final = "BEGIN IMMEDIATE"


class Sqlite(Database):
    """A file, or a memory that lives as long as this object."""

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:":
            # Every connection would have a memory of its own, so there is one, for one at a time.
            self._writer = self._reader = _engine(url, poolclass=StaticPool)
        else:
            make_private(Path(url.database))
            self._writer = _engine(url)
            self._reader = _engine(url, isolation_level="AUTOCOMMIT")
        event.listen(self._writer, "connect", _fail_when_busy)
        event.listen(self._writer, "begin", _begin_immediate)
        # SQLite has one writer at a time.
        self._turn = asyncio.Lock()
        self._committing = ThreadPoolExecutor(1, "sqlite-commit")

    def upsert(self, table: Table) -> sqlite.Insert:
        """Begin an insert that can say what to do ``on_conflict``."""
        return sqlite.insert(table)

    def queue(self, connection: Connection) -> None:
        """Do nothing: SQLite's writers queue by themselves."""

    async def close(self) -> None:
        """Finish what is under way and close all connections."""
        async with self._turn:
            self._committing.shutdown()
            for engine in (self._writer, self._reader):
                engine.dispose()

    async def _read(self, work: Work[Result]) -> Result:
        if self._reader is self._writer:
            return await self._write(work)
        # Who reads waits for no writer.
        with self._reader.connect() as connection:
            return work(connection)

    async def _write(self, work: Work[Result]) -> Result:
        # A request that is cut off leaves no transaction open.
        return await asyncio.shield(asyncio.create_task(self._transaction(work)))

    async def _transaction(self, work: Work[Result]) -> Result:
        async with asyncio.timeout(TURN_TIMEOUT):
            await self._turn.acquire()
        try:
            with self._writer.connect() as connection, await _begun(connection) as transaction:
                result = work(connection)
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._committing, transaction.commit)
            return result
        finally:
            self._turn.release()


async def _begun(connection: Connection) -> Transaction:
    """Begin a transaction as soon as no other process writes."""
    latest = monotonic() + BUSY_TIMEOUT
    while True:
        try:
            return connection.begin()
        except OperationalError as error:
            if not _is_busy(error) or monotonic() >= latest:
                raise
        await asyncio.sleep(LOOK_EVERY)


def _is_busy(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _engine(url: URL, **options: Any) -> Engine:
    # Connections go from thread to thread, but serve one at a time.
    connecting = {"timeout": BUSY_TIMEOUT, "check_same_thread": False}
    engine = create_engine(url, hide_parameters=True, connect_args=connecting, **options)
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: DBAPIConnection, _record: object) -> None:
    _run(connection, "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")


def _fail_when_busy(connection: DBAPIConnection, _record: object) -> None:
    # SQLite would wait where everybody else would have to wait with it.
    _run(connection, "PRAGMA busy_timeout=0")


def _run(connection: DBAPIConnection, *statements: str) -> None:
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A transaction that begins by reading cannot wait for its turn to write; it fails at once.
    # SQLAlchemy's own way to a statement takes as long as the statements that follow.
    try:
        connection.connection.cursor().execute(_BEGIN)
    except sqlite3.OperationalError as error:
        raise OperationalError(_BEGIN, None, error) from error
