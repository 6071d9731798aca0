"""Where the database is, and who speaks to it."""

from pathlib import Path

import structlog
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from snowflake.crypto.files import exists, make_directory
from snowflake.crypto.sealing import is_homeless
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.store.database import Database
from snowflake.store.sqlite import MEMORY, Sqlite, is_in_memory

_log = structlog.get_logger(__name__)

DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "sqlite": "sqlite",
}
#: The file in the data directory.
FILE = "snowflake.db"


def store_url(settings: Settings) -> URL:
    """Answer where the store is: the configured database, else a file in the data directory.

    Where nothing may be written and a private key is given, it is in memory. Nothing is made.

    Raises:
        StartFault: the variable holds no such URL.
    """
    if settings.database_url is not None:
        return parse_url(settings.database_url.get_secret_value(), "SNOWFLAKE_DATABASE_URL")
    if settings.private_key is not None and is_homeless(settings):
        _log.warning(
            "store_in_memory",
            message=(
                "nothing can be written to SNOWFLAKE_DATA_DIR: after a restart everybody has to "
                "sign in anew, and more than one process cannot serve the same people"
            ),
        )
        return sqlite_url(None)
    return sqlite_url(settings.data_dir / FILE)


def place_for_store(settings: Settings) -> URL:
    """Answer where the store is, having made the data directory if it is to be there.

    Raises:
        StartFault: as ``store_url`` does, or the directory cannot be made.
    """
    url = store_url(settings)
    if settings.database_url is None and is_file(url):
        make_directory(settings.data_dir)
    return url


def check_exists(url: URL) -> None:
    """Pass, unless the store would be a file that nobody has made yet.

    Raises:
        StartFault: it would, or nobody may look.
    """
    if is_file(url) and not exists(Path(url.database or "")):
        raise StartFault(
            [f"{url.database}: there is no store; run this where Snowflake runs, configured as it"]
        )


def is_file(url: URL) -> bool:
    """Whether the store is a file on this machine."""
    return url.get_backend_name() == "sqlite" and not is_in_memory(url)


def parse_url(text: str, source: str) -> URL:
    """Read a URL such as ``postgresql://user:password@host/name`` or ``sqlite:////path/file.db``.

    Raises:
        StartFault: it is none; the line begins with ``source`` and repeats nothing of it.
    """
    try:
        url = make_url(text)
        return url.set(drivername=DRIVERS[url.get_backend_name()])
    except (ArgumentError, KeyError, ValueError):
        fault = "must be a URL such as postgresql://user:password@host/name"
        raise StartFault([f"{source}: {fault}"]) from None


def sqlite_url(path: Path | None) -> URL:
    """Answer the URL of an SQLite file, or of a database in memory."""
    return URL.create(DRIVERS["sqlite"], database=str(path) if path else MEMORY)


def open_database(url: URL) -> Database:
    """Open the database at a URL of ``parse_url``. Nothing is connected yet."""
    if url.get_backend_name() == "sqlite":
        return Sqlite(url)
    # Read where it is used: it needs SQLAlchemy's asynchronous half, and with it all of its ORM.
    from snowflake.store.postgresql import Postgresql  # noqa: PLC0415

    return Postgresql(url)


def server_name(url: URL) -> str:
    """Answer what a PostgreSQL is called in logs: where it is, without user and password."""
    place = URL.create("at", host=url.host, port=url.port, database=url.database)
    return f"PostgreSQL {place}".replace("://", " ")
