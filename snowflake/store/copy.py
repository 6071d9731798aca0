"""Moving house: copying a whole store into an empty one, on another engine if need be."""

from sqlalchemy import func, insert, select

from snowflake.errors import StartFault
from snowflake.store.database import Database
from snowflake.store.migrate import migrate
from snowflake.store.schema import leases, metadata

BATCH = 1000


async def copy_store(source: Database, target: Database) -> dict[str, int]:
    """Copy every row but leases; answer how many rows each table had.

    What is sealed stays sealed: the target needs the same secret key.

    Raises:
        StartFault: the target is not empty.
    """
    await migrate(source)
    await migrate(target)
    tables = [table for table in metadata.sorted_tables if table is not leases]
    copied: dict[str, int] = {}
    async with target.write() as into, source.write() as out:
        for table in tables:
            if (await into.execute(select(func.count()).select_from(table))).scalar_one():
                raise StartFault([f"the target is not empty: {table.name} has rows"])
            copied[table.name] = 0
            result = await out.stream(select(table))
            async for rows in result.mappings().partitions(BATCH):
                await into.execute(insert(table), [dict(row) for row in rows])
                copied[table.name] += len(rows)
    return copied
