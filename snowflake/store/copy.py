"""Moving house: copying a whole store into an empty one, on another engine if need be."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, func, insert, select, tuple_

from snowflake.errors import StartFault
from snowflake.store.database import Database
from snowflake.store.migrate import migrate
from snowflake.store.presence import LEASE, running_on
from snowflake.store.schema import leases, metadata

BATCH = 5000
#: What is copied. Nobody who holds a lease of the source is at work in the target.
TABLES: Final = tuple(table for table in metadata.sorted_tables if table is not leases)
STOP_IT: Final = (
    "stop it, or what it writes would be lost; "
    f"one that was killed counts for up to {LEASE} seconds"
)
STARTED: Final = (
    "Snowflake was started on the source meanwhile, so that the copy may lack what it wrote; stop "
    "it, empty the target and copy again"
)


async def prepare(source: Database, target: Database, clock: Callable[[], float]) -> int:
    """Bring both up to date, and answer how many rows there are to copy.

    Raises:
        StartFault: Snowflake runs on the source, or the target is not empty. Their rows stay.
        TemporarilyUnavailable: one of them cannot be reached.
    """
    running = await running_on(source, clock)
    if running:
        raise StartFault([f"Snowflake runs on the source (processes: {running}): {STOP_IT}"])
    await migrate(target)
    await target.read(_check_empty)
    await migrate(source)
    return await source.read(_count, many=True)


async def copy_store(
    source: Database,
    target: Database,
    clock: Callable[[], float],
    on_copied: Callable[[int], None] = lambda _: None,
) -> dict[str, int]:
    """Copy every row but leases, after ``prepare``; answer how many rows each table had.

    What is sealed stays sealed: the target needs the same secret key. ``on_copied`` is told of
    rows that have just been copied.

    Raises:
        StartFault: Snowflake was started on the source meanwhile.
        TemporarilyUnavailable: one of them cannot be reached.
    """
    copied = dict.fromkeys((table.name for table in TABLES), 0)
    for table in TABLES:
        async for rows in _copy(table, source, target):
            copied[table.name] += rows
            on_copied(rows)
    if await running_on(source, clock):
        raise StartFault([STARTED])
    return copied


def _check_empty(connection: Connection) -> None:
    for table in TABLES:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise StartFault([f"the target is not empty: {table.name} has rows"])


def _count(connection: Connection) -> int:
    counts = (select(func.count()).select_from(table) for table in TABLES)
    return sum(connection.execute(count).scalar_one() for count in counts)


async def _copy(table: Table, source: Database, target: Database) -> AsyncIterator[int]:
    key = list(table.primary_key)
    query = select(table).order_by(*key).limit(BATCH)
    while rows := await source.read(partial(_rows, query)):
        await target.write(partial(_insert, table, rows))
        yield len(rows)
        last = [rows[-1][column.name] for column in key]
        query = query.where(tuple_(*key) > tuple_(*last))


def _rows(query: Select[Any], connection: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _insert(table: Table, rows: list[dict[str, Any]], connection: Connection) -> None:
    connection.execute(insert(table), rows)
