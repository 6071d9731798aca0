"""What Snowflake remembers: everything that must outlive a request.

The database:

- ``schema`` draws the tables, ``url`` finds it, ``migrate`` brings an old one up to date;
- ``database`` says what is done with ``sqlite`` or ``postgresql``, ``locks`` in which order;
- ``prepared`` statements are written once, and run by the ``driver``;
- ``group_commit`` lets SQLite's writers share transactions;
- ``sealed`` opens what is sealed in it, ``seals`` tells under which key, ``copy`` moves house.

One file for each thing that is kept:

- ``codes``, their ``reserving``, ``ready_codes``, and who is ``under_way``; ``device_codes``,
  ``grants``, ``refresh_tokens``, opaque ``access_tokens``, ``logins`` (what one writes at once);
  ``client_tokens``, of no person;
- ``sessions``: ``session_logins`` begins them, ``session_liveness`` holds them, ``session_ends``
  ends them, ``sids`` names them, and ``logout_deliveries`` are those who are yet to be told;
- ``discord_tokens``, ``memberships``, ``links``, each of which is a ``link``; ``consents``;
  ``signing_keys``; ``subject_secret``, and ``subjects`` as clients were told them;
- ``assertions`` that were used, ``attempts`` and ``reputation``, against those who try what they
  should not;
- ``watched_people``, at whom a bot looks again; ``people``: all about one person.

Work of all processes: ``leases`` for what one does at a time, ``presence`` of those that serve,
``housekeeping`` for what nobody needs any more.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import literal_column, select
from sqlalchemy.engine import URL

from snowflake.crypto.files import exists
from snowflake.crypto.sealing import Sealer
from snowflake.errors import StartFault, StoreRefused, TemporarilyUnavailable
from snowflake.store.access_tokens import AccessTokens
from snowflake.store.assertions import Assertions
from snowflake.store.attempts import Attempts
from snowflake.store.client_tokens import ClientTokens
from snowflake.store.codes import Codes
from snowflake.store.consents import Consents
from snowflake.store.database import Database
from snowflake.store.device_codes import DeviceCodes
from snowflake.store.discord_tokens import DiscordTokens
from snowflake.store.grants import Grants
from snowflake.store.housekeeping import Housekeeping
from snowflake.store.leases import Leases
from snowflake.store.links import Links
from snowflake.store.logins import Logins
from snowflake.store.logout_deliveries import LogoutDeliveries
from snowflake.store.memberships import Memberships
from snowflake.store.migrate import migrate, missing_migrations
from snowflake.store.people import People
from snowflake.store.prepared import Prepared
from snowflake.store.presence import Presence
from snowflake.store.ready_codes import ReadyCodes
from snowflake.store.refresh_tokens import RefreshTokens
from snowflake.store.reputation import Reputations
from snowflake.store.seals import check_seals, check_unsealed
from snowflake.store.session_ends import SessionEnds
from snowflake.store.session_logins import SessionLogins
from snowflake.store.sessions import Sessions
from snowflake.store.signing_keys import SigningKeys
from snowflake.store.sqlite import is_in_memory
from snowflake.store.subject_secret import SubjectSecret
from snowflake.store.under_way import UnderWay
from snowflake.store.url import check_exists, is_file, open_database
from snowflake.store.watched_people import WatchedPeople

#: Seconds between two tries to reach the database.
RETRY_EVERY = 3

UNMADE: Final = (
    "the store is not made yet, or older than this Snowflake; start Snowflake first, which sees to "
    "it"
)

_PING: Final = Prepared(select(literal_column("1")))

_log = structlog.get_logger(__name__)


class Store:
    """One room for each thing that is kept. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, sealer: Sealer, clock: Callable[[], float]) -> None:
        self.database = database
        self.leases = Leases(database, clock)
        self.presence = Presence(self.leases)
        self.codes = Codes(database, clock)
        self.ready_codes = ReadyCodes(database, clock)
        self.device_codes = DeviceCodes(database, sealer, clock)
        self.under_way = UnderWay(database, self.codes, clock)
        self.grants = Grants(database, sealer, self.leases, clock)
        self.refresh_tokens = RefreshTokens(database, sealer, self.grants, clock)
        self.access_tokens = AccessTokens(database)
        self.client_tokens = ClientTokens(database)
        self.discord_tokens = DiscordTokens(database, sealer, self.leases)
        self.memberships = Memberships(database, sealer)
        self.links = Links(database, sealer)
        self.session_ends = SessionEnds(database, clock)
        self.sessions = Sessions(database, sealer, clock)
        self.session_logins = SessionLogins(
            database, self.sessions, self.discord_tokens, self.memberships, clock
        )
        self.logout_deliveries = LogoutDeliveries(database, sealer, clock)
        self.logins = Logins(database, self.grants, self.discord_tokens, self.memberships, clock)
        self.consents = Consents(database, clock)
        self.signing_keys = SigningKeys(database, sealer)
        self.subject_secret = SubjectSecret(database, sealer)
        self.assertions = Assertions(database)
        self.attempts = Attempts(database, clock)
        self.reputations = Reputations(database, clock)
        self.watched_people = WatchedPeople(database, clock)
        self.people = People(
            database,
            self.grants,
            self.sessions,
            self.session_ends,
            self.discord_tokens,
            self.memberships,
            self.links,
            self.consents,
            self.device_codes,
            self.logout_deliveries,
            self.watched_people,
        )
        self.housekeeping = Housekeeping(database, sealer, self.leases, clock)

    async def ping(self) -> None:
        """Ask the database something.

        Raises:
            TemporarilyUnavailable: it cannot be reached.
        """
        await self.database.read(_PING().first)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: URL, sealer: Sealer, clock: Callable[[], float], *, wait: bool = False
    ) -> AsyncIterator["Store"]:
        """Open the store and bring it up to date; with ``wait``, as soon as it can be reached.

        Raises:
            StartFault: the database turns us away, or is sealed under a key that is not given. It
                stays as it is.
            TemporarilyUnavailable: the database cannot be reached.
        """
        async with _opened(url, wait=wait) as database:
            with _refusals_are_faults(url):
                await check_seals(database, sealer)
            yield cls(database, sealer, clock)


@asynccontextmanager
async def _opened(url: URL, *, wait: bool) -> AsyncIterator[Database]:
    """Open a database and bring it up to date."""
    database = open_database(url)
    try:
        with _refusals_are_faults(url):
            while not await _migrated(database, wait=wait):  # noqa: ASYNC110
                await asyncio.sleep(RETRY_EVERY)
        yield database
    finally:
        await database.close()


async def check_key_may_be_made(url: URL, path: Path, *, wait: bool = False) -> None:
    """Pass, unless a store is there whose key was to be in a file, and is not.

    Raises:
        StartFault: it is, or the database turns us away.
        TemporarilyUnavailable: the database cannot be reached.
    """
    if is_in_memory(url) or (is_file(url) and not exists(Path(url.database or ""))):
        return
    async with _opened(url, wait=wait) as database:
        with _refusals_are_faults(url):
            await check_unsealed(database, path)


async def check_made(url: URL) -> None:
    """Pass, unless to open the store would make it, or change an older one. Nothing is made.

    One in memory is always new.

    Raises:
        StartFault: it would, or the database turns us away.
        TemporarilyUnavailable: the database cannot be reached.
    """
    if is_in_memory(url):
        return
    check_exists(url)
    database = open_database(url)
    try:
        with _refusals_are_faults(url):
            if await missing_migrations(database):
                raise StartFault([f"{_source(url)}{UNMADE}"])
    finally:
        await database.close()


@contextmanager
def _refusals_are_faults(url: URL) -> Iterator[None]:
    try:
        yield
    except StoreRefused as refused:
        # Of a file it is said which.
        variable = "" if is_file(url) else _source(url)
        raise StartFault([f"{variable}{refused.cause}"]) from None


def _source(url: URL) -> str:
    return f"{url.database}: " if is_file(url) else "SNOWFLAKE_DATABASE_URL: "


async def _migrated(database: Database, *, wait: bool) -> bool:
    try:
        await migrate(database)
    except TemporarilyUnavailable as error:
        if not wait or isinstance(error, StoreRefused):
            raise
        _log.warning(
            "waiting_for_database", database=database.name, seconds=RETRY_EVERY, cause=error.cause
        )
        return False
    return True
