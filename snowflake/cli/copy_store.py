"""``snowflake copy-store``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from snowflake.errors import StartFault
from snowflake.store.copy import copy_store as copy
from snowflake.store.url import open_database, parse_url


def copy_store(
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of the store to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of an empty database.")],
) -> None:
    """Copy a whole store, for example from SQLite to PostgreSQL.

    Stop every Snowflake first. URLs look like sqlite:////app/snowflake/data/snowflake.db and
    postgresql://user:password@host/name. The secret key must move along.
    """
    urls = [parse_url(source, "FROM"), parse_url(target, "TO")]
    if urls[0].get_backend_name() == "sqlite" and not Path(urls[0].database or "").is_file():
        # It would be made, and copied with nothing in it.
        raise StartFault(["FROM: there is no such file"])

    async def work() -> dict[str, int]:
        databases = [open_database(url) for url in urls]
        try:
            return await copy(*databases)
        finally:
            for database in databases:
                await database.close()

    for table, rows in asyncio.run(work()).items():
        typer.echo(f"{table}: {rows} rows")
