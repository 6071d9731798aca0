"""PostgreSQL, over asyncpg."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection, Engine, Table, event, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_, greenlet_spawn

from snowflake.errors import StartFault
from snowflake.store.database import Database, Result, Work
from snowflake.store.prepared import Prepared
from snowflake.store.url import server_name

#: Connections of one process at most. They stay open, for a new one costs more than a login.
CONNECTIONS = 15
#: Seconds without use after which a connection is asked whether it still reaches the server, and
#: for which it may keep silent then.
ASKED_AFTER, ANSWER_TIMEOUT = 1, 2
#: Seconds to wait for a connection, and for a new one to be made.
POOL_TIMEOUT, CONNECT_TIMEOUT = 5, 5
#: Seconds that one statement may take.
COMMAND_TIMEOUT = 10
#: Any number will do for the advisory lock, as long as nobody else takes the same.
LOCK = 0x534E4F57
#: How the codes begin (PostgreSQL, appendix A) by which a server turns us away -> what to do.
REFUSALS: Final = {
    "28": "Mend the user, the password or the server's pg_hba.conf",
    "3D": "Mend the name, or make the database (CREATE DATABASE)",
    "3F": "Make the schema, or set the user's search_path",
    "42501": "The user has to own the database and its tables, or be granted that",
    "42704": "Mend what stands behind the ? of the URL",
    "55P02": "Mend what stands behind the ? of the URL",
    "22023": "Mend what stands behind the ? of the URL",
}
#: The code where a session may only read: on a standby, or as it began when nobody might write.
READ_ONLY: Final = "25006"
#: How the codes begin of errors that are about the server and not about a statement: connections,
#: resources (53100 is a full disk), a standby, the operator's doings, and the system.
ABOUT_THE_SERVER: Final = ("08", READ_ONLY, "53", "55", "57", "58", "XX")
_NOW: Final = Prepared(select(func.extract("epoch", func.clock_timestamp()).label("now")))


class Postgresql(Database):
    """A pool of connections to a server."""

    def __init__(self, url: URL) -> None:
        self.name = server_name(url)
        self._async_engine = _engine(url)
        self._engine = self._async_engine.sync_engine
        self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    def upsert(self, table: Table) -> postgresql.Insert:
        """Begin an insert that can say what to do ``on_conflict``."""
        return postgresql.insert(table)

    def queue(self, connection: Connection) -> None:
        """Take the advisory lock, which ends with the transaction."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})

    def now(self, connection: Connection, clock: Callable[[], float]) -> float:  # noqa: ARG002
        """Answer the server's own time, which is one for all machines."""
        [row] = _NOW().all(connection)
        return float(row["now"])

    async def close(self) -> None:
        """Close all connections."""
        await self._async_engine.dispose()

    # A server's work on many rows keeps nobody else waiting. A connection is taken, used and given
    # back in one greenlet; an ``AsyncConnection`` has one for each of these, and a task to close.
    async def _read(self, work: Work[Result], *, many: bool) -> Result:  # noqa: ARG002
        return await greenlet_spawn(_alone, self._reader, work)

    async def _write(self, work: Work[Result], *, many: bool, single: bool) -> Result:
        if single:
            return await self._read(work, many=many)
        return await greenlet_spawn(_transaction, self._engine, work)

    def _refusal(self, error: DBAPIError) -> str | None:
        code = _code(error)
        cures = [cure for begins, cure in REFUSALS.items() if code.startswith(begins)]
        if not cures and _name(error) == "ClientConfigurationError":
            cures = [REFUSALS["42704"]]
        return f"{_words(error)}. {cures[0]}" if cures else None

    def _cause(self, error: DBAPIError) -> str:
        code, name = _code(error), _name(error)
        # Without a code it is asyncpg's own, whose DataError repeats a value.
        speaks = code.startswith(ABOUT_THE_SERVER) if code else name != "DataError"
        return f"{name}: {_words(error)}" if speaks else name


def _alone(engine: Engine, work: Work[Result]) -> Result:
    with engine.connect() as connection:
        return _done(work, connection)


def _transaction(engine: Engine, work: Work[Result]) -> Result:
    with engine.begin() as connection:
        return _done(work, connection)


def _done(work: Work[Result], connection: Connection) -> Result:
    """Do work, and give up a connection by which nothing can be written.

    So it would stay, whatever the operator does; a new one may lead to another server.
    """
    try:
        return work(connection)
    except DBAPIError as error:
        if _code(error) == READ_ONLY:
            connection.invalidate(error)
        raise


def _engine(url: URL) -> AsyncEngine:
    connecting: dict[str, object] = {
        "timeout": CONNECT_TIMEOUT,
        "command_timeout": COMMAND_TIMEOUT,
    }
    if url.query:
        # What stands behind the ? is for asyncpg, which knows what libpq knows: sslmode and so on.
        connecting["dsn"] = f"postgresql://?{urlencode(url.query, doseq=True)}"
    try:
        engine = create_async_engine(
            url.set(query={}),
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT,
            hide_parameters=True,
            connect_args=connecting,
        )
    except ModuleNotFoundError as error:
        missing = "PostgreSQL needs asyncpg: install snowflake-oidc[postgresql]"
        raise StartFault([f"SNOWFLAKE_DATABASE_URL: {missing}"]) from error
    pool = engine.sync_engine.pool
    event.listen(pool, "checkin", _note_use)
    event.listen(pool, "checkout", _check)
    return engine


def _note_use(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = monotonic()


def _check(_: DBAPIConnection, record: ConnectionPoolEntry, __: object) -> None:
    """Have all connections made anew if the one that is taken from the pool is dead.

    To ask is a journey to the server, as most of what is done then. So one that was in use just now
    is asked nothing: if the server has closed it, the driver knows.
    """
    driver = record.driver_connection
    if driver is None or driver.is_closed():
        raise InvalidatePoolError
    is_idle = monotonic() - record.info.get("used_at", monotonic()) > ASKED_AFTER
    if is_idle and not await_(_answers(driver)):
        raise InvalidatePoolError


async def _answers(driver: Any) -> bool:  # asyncpg need not be there
    try:
        await driver.execute("SELECT 1", timeout=ANSWER_TIMEOUT)
    except Exception:  # noqa: BLE001 - whatever it says
        # Nothing at all, where the server's machine or a router between has forgotten it.
        return False
    return True


def _code(error: DBAPIError) -> str:
    """Answer the server's code; nothing if it was asyncpg itself that failed."""
    return getattr(error.orig, "sqlstate", None) or ""


def _name(error: DBAPIError) -> str:
    """Answer what asyncpg calls the error."""
    return type(error.orig.__cause__ or error.orig).__name__ if error.orig else type(error).__name__


def _words(error: DBAPIError) -> str:
    """Answer what asyncpg says, without the details, in which there may be values."""
    return str(error.orig).partition("\n")[0]
