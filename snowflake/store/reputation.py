"""Which client credentials Discord has accepted, for the whole deployment.

Pairs of client ID and secret are known by keyed hashes that the caller makes: by those under every
secret key, the one that makes new ones first.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select

from snowflake.store.attempts import taking_back
from snowflake.store.database import Database
from snowflake.store.schema import good_credentials

#: Seconds for which a pair that is not used stays in good standing.
GOOD_FOR: Final = 90 * 86400

# Made once, for whoever floods us has it asked all the time.
_SEEN_AT: Final = select(good_credentials).where(
    good_credentials.c.digest.in_(bindparam("pair", expanding=True)),
    good_credentials.c.seen_at > bindparam("since"),
)

#: The hashes of a client ID and a secret.
Pair = tuple[str, ...]


class Reputations:
    """The pairs in good standing. ``clock`` tells Unix time in seconds."""

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
                taking_back(attempt).run(connection)

        await self._database.write(work)

    async def forget(self, pair: Pair) -> None:
        """Take a pair's good standing away, under whichever secret it was put in."""
        gone = delete(good_credentials).where(good_credentials.c.digest.in_(pair))
        await self._database.write(lambda c: c.execute(gone))

    def _now(self) -> int:
        return int(self._clock())
