"""One database, SQLite or PostgreSQL. What is done with it is a plain function of a connection."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from snowflake.errors import StoreDown, StoreRefused
from snowflake.telemetry.metrics import STORE_SECONDS

Result = TypeVar("Result")
#: What is done with a connection. On SQLite all else waits for it, but for work on many rows, which
#: may run in another thread.
Work = Callable[[Connection], Result]

_READ_SECONDS, _WRITE_SECONDS = STORE_SECONDS.labels("read"), STORE_SECONDS.labels("write")


class Database(ABC):
    """Connections to one database. ``name`` is what the log calls it, without a secret."""

    name: str

    async def read(self, work: Work[Result], *, many: bool = False) -> Result:
        """Do work in which each statement stands alone, and answer what comes of it.

        ``many`` rows may have to be looked at for it, however few are answered.

        Raises:
            StoreRefused: the database turns us away, and will until somebody mends something.
            TemporarilyUnavailable: it cannot be reached, or has no room.
        """
        with _READ_SECONDS.time(), self._outages():
            return await self._read(work, many=many)

    async def write(
        self, work: Work[Result], *, many: bool = False, single: bool = False
    ) -> Result:
        """Do work in one transaction, committed when it ends well and else undone.

        A ``single`` statement, or several of which each stands alone, needs none around it: that
        spares two journeys to a server.

        On SQLite writers come one after the other, and may share a transaction in which each undoes
        only their own. Somebody who is cancelled may have written all the same. ``many`` and what
        is raised are as with ``read``.
        """
        with _WRITE_SECONDS.time(), self._outages():
            return await self._write(work, many=many, single=single)

    @abstractmethod
    def upsert(self, table: Table) -> Any:
        """Begin an insert that can say what to do ``on_conflict``.

        The two dialects' inserts have the same methods but no common type for them.
        """

    @abstractmethod
    def queue(self, connection: Connection) -> None:
        """Let those who call this come one after the other, until the end of the transaction."""

    def now(self, connection: Connection, clock: Callable[[], float]) -> float:  # noqa: ARG002
        """Answer the Unix time by which all go who share this database, in seconds.

        ``clock`` is this machine's own. It is the only one, unless a server has another.
        """
        return clock()

    @abstractmethod
    async def close(self) -> None:
        """Close all connections."""

    @abstractmethod
    async def _read(self, work: Work[Result], *, many: bool) -> Result: ...

    @abstractmethod
    async def _write(self, work: Work[Result], *, many: bool, single: bool) -> Result: ...

    @abstractmethod
    def _refusal(self, error: DBAPIError) -> str | None:
        """Answer why the database turns us away, and the cure; None if it may pass by itself."""

    @abstractmethod
    def _cause(self, error: DBAPIError) -> str:
        """Answer what the database said, unless it may have repeated a value of the statement."""

    @contextmanager
    def _outages(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            refusal = self._refusal(error)
            if refusal is not None:
                unusable = "the store cannot be used; tell whoever runs Snowflake"
                raise StoreRefused(unusable, cause=f"{self.name}: {refusal}") from None
            if isinstance(error, DataError | IntegrityError | ProgrammingError):
                # Faults of ours, and no outages.
                raise
            raise _outage(self._cause(error)) from None
        except PoolTimeout as error:
            raise _outage(type(error).__name__) from None
        except OSError as error:
            words = str(error) or "it took too long to answer"
            raise _outage(f"{type(error).__name__}: {words}") from None


def _outage(cause: str) -> StoreDown:
    return StoreDown("the store cannot be reached; try again", cause=cause)
