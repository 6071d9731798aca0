"""SQLite, in a file or in memory.

Python's driver blocks. Statements on a few rows take microseconds and are done where they are asked
for: in a thread, each would wait for the interpreter again and again with the database locked to
all other processes. What may take long is not: who finds the database locked looks again after a
while, and a thread commits, which waits for the disk, and does what is said to be on many rows.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from functools import cached_property, partial
from os.path import samestat
from pathlib import Path
from time import monotonic
from typing import Final

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from snowflake.crypto.files import is_full, make_private, whose
from snowflake.store.database import Database, Result, Work
from snowflake.store.driver import execute
from snowflake.store.group_commit import GroupCommit

#: Seconds for which somebody waits for another process, and between two looks.
BUSY_TIMEOUT, LOOK_EVERY = 10, 0.001
#: Seconds for which a writer waits for others of this process.
TURN_TIMEOUT = 10
#: What stands in place of a file for a database in memory.
MEMORY: Final = ":memory:"
#: Of an extended result code, the bits that say what it is about.
_PRIMARY: Final = 0xFF
#: What no waiting mends. A file may be damaged, or somebody else's.
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FORBIDDEN: Final = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY}
)


class Sqlite(Database):
    """A file, or a memory that lives as long as this object. For one event loop."""

    def __init__(self, url: URL) -> None:
        self._path = Path(url.database or "")
        self.name = str(self._path)
        self._is_in_memory = is_in_memory(url)
        if not self._is_in_memory:
            make_private(self._path)
            self._file = self._path.stat()
        self._engine = _engine(url)
        #: The connections that stay open.
        self._kept = ExitStack()
        # Whoever writes a few rows shares a transaction with all who do while another is committed.
        self._groups = GroupCommit(partial(self._transaction, many=False))
        # SQLite has one writer at a time.
        self._turn = asyncio.Lock()
        self._writing = ThreadPoolExecutor(1, "sqlite-writer")
        self._closed = False

    def upsert(self, table: Table) -> sqlite.Insert:
        """Begin an insert that can say what to do ``on_conflict``."""
        return sqlite.insert(table)

    def queue(self, connection: Connection) -> None:
        """Do nothing: SQLite's writers queue by themselves."""

    async def close(self) -> None:
        """Finish what has begun and close all connections."""
        self._closed = True
        async with self._turn:
            self._writing.shutdown()
            self._kept.close()
            self._engine.dispose()

    async def _read(self, work: Work[Result], *, many: bool) -> Result:
        if self._is_in_memory:
            # Every connection would have a memory of its own, so there is one, for one at a time.
            return await self._write(work, many=many, single=True)

        def attempt() -> Result:
            return work(self._reader)

        def attempt_apart() -> Result:
            with self._engine.connect() as connection:
                return work(connection)

        return await self._patiently(attempt_apart if many else attempt, in_thread=many)

    async def _write(
        self,
        work: Work[Result],
        *,
        many: bool,
        single: bool,  # noqa: ARG002 - to be on the disk is what takes time here
    ) -> Result:
        if not many:
            return await self._groups.write(work)
        # A request that is cut off leaves no transaction open.
        return await asyncio.shield(asyncio.create_task(self._transaction(work, many=True)))

    async def _transaction(self, work: Work[Result], *, many: bool) -> Result:
        in_thread = partial(asyncio.get_running_loop().run_in_executor, self._writing)
        async with self._alone():
            connection = await self._patiently(self._begun)
            try:
                result = await in_thread(work, connection) if many else work(connection)
                await in_thread(_commit, connection)
            except BaseException:
                # Behind what the thread is still at, which would go on without a transaction.
                await in_thread(connection.connection.rollback)
                raise
            return result

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_TIMEOUT):
                await self._turn.acquire()
        except TimeoutError:
            raise TimeoutError("others of this process have been writing for too long") from None
        try:
            yield
        finally:
            self._turn.release()

    async def _patiently(self, attempt: Callable[[], Result], *, in_thread: bool = False) -> Result:
        """Try something again for as long as another process is in its way."""
        self._check_file()
        latest = monotonic() + BUSY_TIMEOUT
        while not self._closed:
            try:
                return await asyncio.to_thread(attempt) if in_thread else attempt()
            except OperationalError as error:
                if not _is_busy(error) or monotonic() >= latest:
                    raise
            await asyncio.sleep(LOOK_EVERY)
        raise OSError("the store is closed")

    def _check_file(self) -> None:
        """Pass, unless the file is gone, or another one is in its place.

        The connections stay with the one that was there, with all that is written to it: whoever
        has put back a copy while Snowflake runs would lose that at the next start.
        """
        if not self._is_in_memory and not samestat(self._file, self._path.stat()):
            raise OSError(f"{self._path} is another file than at the start; start Snowflake again")

    def _refusal(self, error: DBAPIError) -> str | None:
        code = _code(error)
        if code in _DAMAGED:
            return f"{error.orig}. Bring back a copy"
        if code in _FORBIDDEN and not is_full(self._path):
            return f"{error.orig}. {whose(self._path)}"
        return None

    def _cause(self, error: DBAPIError) -> str:
        name = type(error).__name__
        if not isinstance(error, OperationalError | InterfaceError):
            return name
        return f"{name}: {error.orig}{self._about_the_disk(error)}"

    def _about_the_disk(self, error: DBAPIError) -> str:
        """Answer what to add to SQLite's words, which tell too little where it cannot write."""
        if _code(error) != sqlite3.SQLITE_IOERR:
            return ""
        if is_full(self._path):
            return f": the disk of {self._path} is full"
        name = getattr(error.orig, "sqlite_errorname", "")
        return f" ({name}); has a quota or a limit on the size of files been reached?"

    def _begun(self) -> Connection:
        # A transaction that begins by reading cannot wait for its turn to write; it fails at once.
        execute(self._writer, "BEGIN IMMEDIATE")
        return self._writer

    @cached_property
    def _reader(self) -> Connection:
        return self._kept.enter_context(self._engine.connect())

    @cached_property
    def _writer(self) -> Connection:
        return self._kept.enter_context(self._engine.connect())


def is_in_memory(url: URL) -> bool:
    """Whether a database is in the memory of one process, which shares it with no other."""
    return url.get_backend_name() == "sqlite" and url.database in {None, "", MEMORY}


def _commit(connection: Connection) -> None:
    execute(connection, "COMMIT")


def _is_busy(error: OperationalError) -> bool:
    return _code(error) == sqlite3.SQLITE_BUSY


def _code(error: DBAPIError) -> int | None:
    """Answer what the error is about; None if SQLite itself did not say it."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code & _PRIMARY if isinstance(code, int) else None


def _engine(url: URL) -> Engine:
    # Connections go from thread to thread, but serve one at a time. SQLite itself never waits.
    connecting = {"timeout": 0, "check_same_thread": False}
    # Where a transaction begins and ends is said here and not by SQLAlchemy, which takes as long
    # for it as for the statements between, and a commit that has failed for its end.
    engine = create_engine(
        url, hide_parameters=True, connect_args=connecting, isolation_level="AUTOCOMMIT"
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
