"""Moving house: copying a whole store into an empty one, on another engine if need be."""

from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, Table, insert, select, tuple_

from snowflake.errors import StartFault
from snowflake.store.database import Database
from snowflake.store.migrate import migrate
from snowflake.store.schema import leases, metadata

BATCH = 5000


async def copy_store(source: Database, target: Database) -> dict[str, int]:
    """Copy every row but leases; answer how many rows each table had.

    What is sealed stays sealed: the target needs the same secret key.

    Raises:
        StartFault: the target is not empty. It stays as it is.
    """
    await migrate(source)
    await migrate(target)
    tables = [table for table in metadata.sorted_tables if table is not leases]
    await target.read(lambda connection: _check_empty(connection, tables))
    return {table.name: await _copy(table, source, target) for table in tables}


def _check_empty(connection: Connection, tables: list[Table]) -> None:
    for table in tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise StartFault([f"the target is not empty: {table.name} has rows"])


async def _copy(table: Table, source: Database, target: Database) -> int:
    key = list(table.primary_key)
    query = select(table).order_by(*key).limit(BATCH)
    copied = 0
    while rows := await source.read(partial(_rows, query)):
        await target.write(partial(_insert, table, rows))
        copied += len(rows)
        last = [rows[-1][column.name] for column in key]
        query = query.where(tuple_(*key) > tuple_(*last))
    return copied


def _rows(query: Select[Any], connection: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _insert(table: Table, rows: list[dict[str, Any]], connection: Connection) -> None:
    connection.execute(insert(table), rows)
