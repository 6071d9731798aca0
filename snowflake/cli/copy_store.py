"""``snowflake copy-store``."""

import asyncio
from typing import Annotated

import typer

from snowflake.store.copy import copy_store as copy
from snowflake.store.url import check_exists, open_database, parse_url


def copy_store(
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of the store to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of an empty database.")],
) -> None:
    """Copy a whole store, for example from SQLite to PostgreSQL.

    Stop every Snowflake first. URLs look like sqlite:////app/snowflake/data/snowflake.db and
    postgresql://user:password@host/name. The secret key must move along.
    """
    urls = [parse_url(source, "FROM"), parse_url(target, "TO")]
    # It would be made, and copied with nothing in it.
    check_exists(urls[0])

    async def work() -> dict[str, int]:
        databases = [open_database(url) for url in urls]
        try:
            return await copy(*databases)
        finally:
            for database in databases:
                await database.close()

    for table, rows in asyncio.run(work()).items():
        typer.echo(f"{table}: {rows} rows")
