"""One database, SQLite or PostgreSQL. What is done with it is a plain function of a connection."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from snowflake.errors import TemporarilyUnavailable
from snowflake.metrics import STORE_SECONDS

Result = TypeVar("Result")
#: What is done with a connection. On SQLite all else waits for it, but for work on many rows, which
#: may run in another thread.
Work = Callable[[Connection], Result]
#: A statement that was made once, because making costs more than running, and what goes into it.
Statement = tuple[Executable, Mapping[str, object]]

_READ_SECONDS, _WRITE_SECONDS = STORE_SECONDS.labels("read"), STORE_SECONDS.labels("write")


class Database(ABC):
    """Connections to one database."""

    async def read(self, work: Work[Result], *, many: bool = False) -> Result:
        """Do work in which each statement stands alone, and answer what comes of it.

        ``many`` rows may have to be looked at for it, however few are answered.

        Raises:
            TemporarilyUnavailable: the database cannot be reached.
        """
        with _READ_SECONDS.time(), _outages():
            return await self._read(work, many=many)

    async def write(self, work: Work[Result], *, many: bool = False) -> Result:
        """Do work in one transaction, committed when it ends well and else undone.

        On SQLite writers come one after the other. Somebody who is cancelled may have written all
        the same. ``many`` and what is raised are as with ``read``.
        """
        with _WRITE_SECONDS.time(), _outages():
            return await self._write(work, many=many)

    @abstractmethod
    def upsert(self, table: Table) -> Any:
        """Begin an insert that can say what to do ``on_conflict``.

        The two dialects' inserts have the same methods but no common type for them.
        """

    @abstractmethod
    def queue(self, connection: Connection) -> None:
        """Let those who call this come one after the other, until the end of the transaction."""

    @abstractmethod
    async def close(self) -> None:
        """Close all connections."""

    @abstractmethod
    async def _read(self, work: Work[Result], *, many: bool) -> Result: ...

    @abstractmethod
    async def _write(self, work: Work[Result], *, many: bool) -> Result: ...


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except (DataError, IntegrityError, ProgrammingError):
        # Faults of ours, and no outages.
        raise
    except (DBAPIError, PoolTimeout, OSError) as error:
        unreachable = "the store cannot be reached; try again"
        raise TemporarilyUnavailable(unreachable, cause=_cause(error)) from None


def _cause(error: Exception) -> str:
    """Answer what the database said, unless it may have repeated a value of the statement."""
    name = type(error).__name__
    if isinstance(error, OperationalError | InterfaceError):
        return f"{name}: {error.orig}"
    return f"{name}: {error}" if isinstance(error, OSError) else name
