"""Group commit: writers who wait for one turn share a transaction, and with it the disk's time.

Whoever comes first forms a group, which others join until its transaction begins. Each does their
work behind a savepoint, so that whoever fails undoes nothing but their own. Nobody hears anything
before all of it is on the disk, not even that they have failed, since that may be because of what
somebody else in the group has written; and a commit that fails fails for exactly those who were in
it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from snowflake.store.database import Result, Work
from snowflake.store.driver import execute

#: Writers in one group: while they work, the interpreter does nothing else.
MOST: Final = 32

#: What came of each work: what it answered, or the error with which it failed.
Outcomes = list[Any]
#: Does work in a transaction, and answers when that is on the disk.
Transaction = Callable[[Work[Outcomes]], Coroutine[Any, Any, Outcomes]]


class GroupCommit:
    """Gathers writers into groups. ``transaction`` waits for its turn, and then begins."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._gathering: _Group | None = None

    async def write(self, work: Work[Result]) -> Result:
        """Do work in a transaction that others may share; it is on the disk on return.

        Somebody who is cancelled leaves their work with the group, which goes on.
        """
        group = self._gathering
        if group is None or not group.is_open:
            group = self._gathering = _Group(self._transaction)
        number = group.join(work)
        outcome = (await asyncio.shield(group.written))[number]
        if isinstance(outcome, Exception):
            raise outcome
        result: Result = outcome
        return result


class _Group:
    """Writers who share a transaction, which ``written`` waits for and does."""

    def __init__(self, transaction: Transaction) -> None:
        self._works: list[Work[Any]] = []
        self._has_begun = False
        self.written = asyncio.create_task(transaction(self._work))

    @property
    def is_open(self) -> bool:
        """Whether somebody can still join."""
        # One that never got its turn has ended without a beginning.
        return not self._has_begun and not self.written.done() and len(self._works) < MOST

    def join(self, work: Work[Any]) -> int:
        """Add somebody's work, and answer their number."""
        self._works.append(work)
        return len(self._works) - 1

    def _work(self, connection: Connection) -> Outcomes:
        """Do the work of all in a transaction, and answer what came of each.

        Raises:
            Exception: of who is alone, or of the database, which has undone the work of all.
        """
        self._has_begun = True
        works, self._works = self._works, []
        if len(works) == 1:
            # With the transaction all there is is undone, and a savepoint would be for nothing.
            return [works[0](connection)]
        return [_behind_savepoint(connection, work) for work in works]


def _behind_savepoint(connection: Connection, work: Work[Any]) -> Any:
    """Do somebody's work, and undo it if it fails; answer what came of it."""
    execute(connection, "SAVEPOINT own")
    try:
        outcome = work(connection)
    except Exception as error:  # noqa: BLE001 - whoever's work it is gets it
        outcome = error
        try:
            execute(connection, "ROLLBACK TO own")
        except OperationalError as lost:
            # A full disk is such a fault: SQLite has undone the whole transaction.
            raise (error if isinstance(error, DBAPIError) else lost) from None
    execute(connection, "RELEASE own")
    return outcome
