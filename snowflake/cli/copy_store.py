"""``snowflake copy-store``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from snowflake.errors import StartFault
from snowflake.store.copy import copy_store as copy
from snowflake.store.database import Database
from snowflake.store.url import parse_url


def copy_store(
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of the store to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of an empty database.")],
) -> None:
    """Copy a whole store, for example from SQLite to PostgreSQL.

    Stop every Snowflake first. URLs look like sqlite:////app/snowflake/data/snowflake.db and
    postgresql://user:password@host/name. The secret key must move along.
    """
    source_url = parse_url(source, "FROM")
    if source_url.get_backend_name() == "sqlite" and not Path(source_url.database or "").is_file():
        raise StartFault(["FROM: there is no such file"])

    async def work() -> dict[str, int]:
        databases = [
            Database.open(parse_url(url, what)) for url, what in ((source, "FROM"), (target, "TO"))
        ]
        try:
            return await copy(*databases)
        finally:
            for database in databases:
                await database.close()

    for table, rows in asyncio.run(work()).items():
        typer.echo(f"{table}: {rows} rows")
