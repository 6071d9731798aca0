"""``snowflake copy-store``."""

import asyncio
import sys
from time import time
from typing import Annotated

import typer

from snowflake.store.copy import copy_store as copy
from snowflake.store.copy import prepare
from snowflake.store.url import check_exists, open_database, parse_url


def copy_store(
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of the store to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of an empty database.")],
) -> None:
    """Copy a whole store, for example from SQLite to PostgreSQL.

    Stop every Snowflake first: while one runs on it, nothing is copied. URLs look like
    sqlite:////app/snowflake/data/snowflake.db and postgresql://user:password@host/name. The secret
    key must move along.
    """
    urls = [parse_url(source, "FROM"), parse_url(target, "TO")]
    # It would be made, and copied with nothing in it.
    check_exists(urls[0])

    async def work() -> dict[str, int]:
        databases = old, new = open_database(urls[0]), open_database(urls[1])
        try:
            rows = await prepare(old, new, time)
            with typer.progressbar(length=rows, label="Copying", file=sys.stderr) as progress:
                return await copy(old, new, time, progress.update)
        finally:
            for database in databases:
                await database.close()

    for table, rows in asyncio.run(work()).items():
        typer.echo(f"{table}: {rows} rows")
