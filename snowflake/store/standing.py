"""What is remembered of the credentials with which Discord was asked, for the whole deployment.

Pairs of client ID and secret that Discord accepted are in good standing. Asking with any other pair
may end in an answer that brings a ban nearer, so each attempt is a row of its own, of which there
may be few in a window that ends now. All hashes are keyed and made by the caller; a pair is known
by its hashes under every secret, the one that makes new ones first.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection, bindparam, delete, insert, select

from snowflake.store.database import Database
from snowflake.store.schema import attempts, good_credentials, invalid_answers

#: Seconds over which attempts are counted, and Discord counts invalid answers.
WINDOW: Final = 600
#: Attempts in a window: with one client ID, from one caller's address, and in all.
CLIENT_SHARE, CALLER_SHARE, BUDGET = 20, 100, 300
#: Invalid answers in a window from which there are no attempts at all; Discord bans at 10,000.
MAX_INVALID: Final = 5000
#: Seconds for which a pair that is not used stays in good standing.
GOOD_FOR: Final = 90 * 86400
MINUTE: Final = 60

# Made once, for whoever floods us has it asked all the time.
_SEEN_AT: Final = select(good_credentials).where(
    good_credentials.c.digest.in_(bindparam("pair", expanding=True)),
    good_credentials.c.seen_at > bindparam("since"),
)

#: The hashes of a client ID and a secret.
Pair = tuple[str, ...]
Share = Literal["client's share", "caller's share", "budget"]


@dataclass(frozen=True, slots=True)
class Spent:
    """What is used up, and the Unix time at which there is room again."""

    share: Share
    until: int


class StandingRecords:
    """The records in the store. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def seen_at(self, pair: Pair) -> int | None:
        """Answer when a pair was last known to be good, or None if it is not.

        It is 0 for one that is known under another secret than the first.
        """
        values = {"pair": pair, "since": self._now() - GOOD_FOR}
        rows = await self._database.read(lambda c: c.execute(_SEEN_AT, values).all())
        return max((row.seen_at if row.digest == pair[0] else 0 for row in rows), default=None)

    async def accept(self, pair: Pair, attempt: str | None = None) -> None:
        """Put a pair in good standing as of now, and take back the attempt that showed it."""
        new = self._database.upsert(good_credentials).values(digest=pair[0], seen_at=self._now())
        accept = new.on_conflict_do_update(
            index_elements=[good_credentials.c.digest], set_={"seen_at": new.excluded.seen_at}
        )

        def work(connection: Connection) -> None:
            connection.execute(accept)
            if attempt is not None:
                connection.execute(delete(attempts).where(attempts.c.id == attempt))

        await self._database.write(work)

    async def forget(self, pair: Pair) -> None:
        """Take a pair's good standing away, under whichever secret it was put in."""
        gone = delete(good_credentials).where(good_credentials.c.digest.in_(pair))
        await self._database.write(lambda c: c.execute(gone))

    async def attempt(self, client: str, caller: str, invalid: int = 0) -> str | Spent:
        """Note an attempt before it is made, or answer which share is spent.

        Attempts of all processes are noted one after the other, so that a hundred at once do not
        slip through. ``invalid`` is a number of invalid answers to be counted by the way.
        Answers the attempt's ID, by which it can be taken back.
        """
        now, name = self._now(), secrets.token_hex(16)

        def work(connection: Connection) -> str | Spent:
            self._database.queue(connection)
            self._add_invalid(connection, invalid)
            spent = max(_spent(connection, client, caller, now), key=_until, default=None)
            if spent is not None:
                return spent
            values = {"id": name, "client": client, "caller": caller, "at": now}
            connection.execute(insert(attempts).values(values))
            return name

        return await self._database.write(work)

    async def take_back(self, attempt: str) -> None:
        """Forget an attempt that told nothing about the client."""
        gone = delete(attempts).where(attempts.c.id == attempt)
        await self._database.write(lambda c: c.execute(gone))

    async def add_invalid(self, number: int) -> None:
        """Count invalid answers of Discord."""
        await self._database.write(lambda c: self._add_invalid(c, number))

    def _add_invalid(self, connection: Connection, number: int) -> None:
        if not number:
            return
        minute = self._now() // MINUTE
        new = self._database.upsert(invalid_answers).values(minute=minute, answers=number)
        add = new.on_conflict_do_update(
            index_elements=[invalid_answers.c.minute],
            set_={"answers": invalid_answers.c.answers + new.excluded.answers},
        )
        connection.execute(add)

    def _now(self) -> int:
        return int(self._clock())


def _spent(connection: Connection, client: str, caller: str, now: int) -> Iterator[Spent]:
    # There are never more rows than the budget has, so they are counted here.
    query = select(attempts).where(attempts.c.at > now - WINDOW).order_by(attempts.c.at)
    rows = connection.execute(query).all()
    shares: list[tuple[Share, int, list[int]]] = [
        ("client's share", CLIENT_SHARE, [row.at for row in rows if row.client == client]),
        ("caller's share", CALLER_SHARE, [row.at for row in rows if row.caller == caller]),
        ("budget", BUDGET, [row.at for row in rows]),
    ]
    for share, most, times in shares:
        if len(times) >= most:
            yield Spent(share, times[-most] + WINDOW)
    until = _too_invalid_until(connection, now)
    if until is not None:
        yield Spent("budget", until)


def _until(spent: Spent) -> int:
    return spent.until


def _too_invalid_until(connection: Connection, now: int) -> int | None:
    """Answer when there will have been few enough invalid answers, None if there were."""
    # One minute more than the window has, because the first and the last one are not whole.
    minutes = WINDOW // MINUTE + 1
    query = (
        select(invalid_answers)
        .where(invalid_answers.c.minute > now // MINUTE - minutes)
        .order_by(invalid_answers.c.minute.desc())
    )
    answers = 0
    for row in connection.execute(query):
        answers += row.answers
        if answers >= MAX_INVALID:
            return int(row.minute + minutes) * MINUTE
    return None
