"""Where the database is."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from snowflake.errors import StartFault

DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
}
#: The file in the data directory.
FILE = "snowflake.db"


def parse_url(text: str) -> URL:
    """Read a URL such as ``postgresql://user:password@host/name`` or ``sqlite:////path/file.db``.

    Raises:
        StartFault: it is none; the line repeats nothing of it.
    """
    try:
        url = make_url(text)
        return url.set(drivername=DRIVERS[url.get_backend_name()])
    except (ArgumentError, KeyError, ValueError):
        fault = "must be a URL such as postgresql://user:password@host/name"
        raise StartFault([f"SNOWFLAKE_DATABASE_URL: {fault}"]) from None


def sqlite_url(path: Path | None) -> URL:
    """Answer the URL of an SQLite file, or of a database in memory."""
    return URL.create(DRIVERS["sqlite"], database=str(path) if path else ":memory:")
