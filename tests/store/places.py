"""Where a store may be: an SQLite file, or a database of a real PostgreSQL."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from snowflake.crypto.sealing import Sealer
from snowflake.store import Store
from snowflake.store.database import Database
from snowflake.store.postgresql import Postgresql
from snowflake.store.url import open_database, parse_url
from tests.store.postgresql import the_server

ENGINES = ("sqlite", "postgresql")
SECRET = b"a secret of more than thirty-two characters"


@dataclass(frozen=True)
class Place:
    """An empty database on one of the engines. ``url`` is as operators write it."""

    engine: str
    url: str

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        database = open_database(parse_url(self.url, "the place"))
        try:
            yield database
        finally:
            await database.close()

    @asynccontextmanager
    async def store(
        self, clock: Callable[[], float], *secrets: bytes, wait: bool = False
    ) -> AsyncIterator[Store]:
        sealer = Sealer(*(secrets or (SECRET,)))
        async with Store.open(parse_url(self.url, "the place"), sealer, clock, wait=wait) as store:
            yield store

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Answer what a query finds, of whatever types the columns are."""
        async with self.database() as database:
            rows = await database.read(lambda c: c.execute(text(query)).all())
        return [tuple(row) for row in rows]

    async def change(self, statement: str) -> int:
        """Run a statement behind Snowflake's back and answer how many rows it changed."""
        async with self.database() as database:
            return await database.write(lambda c: c.execute(text(statement)).rowcount)

    def run(self, script: str) -> None:
        """Run a script of several statements, from outside."""
        if self.engine == "postgresql":
            the_server().sql(script, self.url.rpartition("/")[2])
            return
        connection = sqlite3.connect(self.file)
        connection.executescript(script)
        connection.close()

    def content(self) -> bytes:
        """Answer all that somebody gets who gets hold of the database."""
        if self.engine == "postgresql":
            return the_server().dump(self.url).encode()
        files = self.file.parent.glob(f"{self.file.name}*")
        return b"".join(path.read_bytes() for path in files)

    @property
    def file(self) -> Path:
        """Where SQLite has it."""
        return Path(self.url.removeprefix("sqlite:///"))


def place_on(engine: str, directory: Path) -> Place:
    """Make an empty database."""
    if engine == "postgresql":
        return Place(engine, the_server().make_database())
    return Place(engine, f"sqlite:///{directory / 'store.db'}")


def _own_time(_: Postgresql, __: Connection, clock: Callable[[], float]) -> float:
    return clock()


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Make an empty database on each engine in turn.

    Its server's clock is the test's, unless the test is marked ``real_time``.
    """
    if request.node.get_closest_marker("real_time") is None:
        monkeypatch.setattr(Postgresql, "now", _own_time)
    return place_on(request.param, tmp_path)
