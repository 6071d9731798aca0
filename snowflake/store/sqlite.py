"""SQLite, in a file or in memory.

Python's driver blocks, so work is done in threads: one that writes, for SQLite has one writer at a
time, and some that read, who wait for no writer.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from snowflake.files import make_private
from snowflake.store.database import Database, Result, Work

#: Seconds that a writer waits for one of another process.
BUSY_TIMEOUT = 10
#: Seconds that work waits for work of this process.
TURN_TIMEOUT = 10
READERS = 4
_BEGIN = "BEGIN IMMEDIATE"


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
        event.listen(self._writer, "begin", _begin_immediate)
        self._writing = ThreadPoolExecutor(1, "sqlite-writer")
        self._reading = (
            self._writing
            if self._reader is self._writer
            else ThreadPoolExecutor(READERS, "sqlite-reader")
        )

    def upsert(self, table: Table) -> sqlite.Insert:
        """Begin an insert that can say what to do ``on_conflict``."""
        return sqlite.insert(table)

    def queue(self, connection: Connection) -> None:
        """Do nothing: SQLite's writers queue by themselves."""

    async def close(self) -> None:
        """Finish what is under way and close all connections."""
        await asyncio.to_thread(self._close)

    async def _read(self, work: Work[Result]) -> Result:
        return await self._do(self._reading, self._reader, work)

    async def _write(self, work: Work[Result]) -> Result:
        return await self._do(self._writing, self._writer, work)

    async def _do(self, threads: ThreadPoolExecutor, engine: Engine, work: Work[Result]) -> Result:
        latest = monotonic() + TURN_TIMEOUT
        return await asyncio.get_running_loop().run_in_executor(
            threads, _done, engine, work, latest
        )

    def _close(self) -> None:
        for threads in (self._writing, self._reading):
            threads.shutdown(cancel_futures=True)
        for engine in (self._writer, self._reader):
            engine.dispose()


def _done(engine: Engine, work: Work[Result], latest: float) -> Result:
    if monotonic() > latest:
        # Whoever is before us waits for another process; not everybody behind us shall do so too.
        raise TimeoutError("it took too long until it was our turn")
    with engine.begin() as connection:
        return work(connection)


def _engine(url: URL, **options: Any) -> Engine:
    # Connections go from thread to thread, but serve one at a time.
    connecting = {"timeout": BUSY_TIMEOUT, "check_same_thread": False}
    engine = create_engine(url, hide_parameters=True, connect_args=connecting, **options)
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A transaction that begins by reading cannot wait for its turn to write; it fails at once.
    # SQLAlchemy's own way to a statement takes as long as the statements that follow.
    try:
        connection.connection.cursor().execute(_BEGIN)
    except sqlite3.OperationalError as error:
        raise OperationalError(_BEGIN, None, error) from error
