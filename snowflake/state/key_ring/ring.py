"""The keys of a process, and the work by which there always are the right ones."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog

from snowflake.crypto.algorithms import BY_KEY, RS256
from snowflake.crypto.files import exists, read
from snowflake.crypto.private_keys import generate_key, parse_key
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.state.key_ring.demand import Demand, demand_of
from snowflake.state.key_ring.known import KnownKeys
from snowflake.state.key_ring.succession import ANNOUNCEMENT, GRACE, Key
from snowflake.store import Store
from snowflake.store.signing_keys import StoredKey
from snowflake.telemetry.audit import audit

#: Where an earlier Snowflake kept its key, below the data directory.
KEY_FILE = "keys/jwt_private_key.json"
#: Seconds within which every process has heard of a change: many of its looks.
HEARD_WITHIN = 60
#: Seconds within which every process publishes a new key: two of its looks.
PUBLISHED_WITHIN = 6
#: Seconds within which a process makes the first keys, and for which others wait for them.
FIRST_KEY_LEASE, FIRST_KEY_PATIENCE = 20, 30
#: Seconds by which the store is told ahead that an algorithm is needed, so that it is told seldom.
AHEAD: Final = 600

_log = structlog.get_logger(__name__)


class KeyRing(KnownKeys):
    """The keys, made where they are lacking, rotated, and forgotten when nobody needs them."""

    @classmethod
    async def open(
        cls, settings: Settings, store: Store, clock: Callable[[], float] = time.time
    ) -> "KeyRing":
        """Load the keys, and make those that are lacking.

        The first one is the file of an earlier Snowflake, if there is one.

        Raises:
            StartFault: a key is damaged or of another kind. It is never replaced.
        """
        ring = cls(settings, store, clock)
        await ring.follow()
        return ring

    async def make_for(self, settings: Settings) -> None:
        """Make the keys that these settings need and that are lacking.

        Of all processes one makes them. The first of an algorithm signs at once.

        Raises:
            Busy: another process is at it, and does not come to an end.
        """
        demand = demand_of(settings)
        # Before it is looked whether they are there, lest another process forget them meanwhile.
        await self._claim(demand)
        await self.look()
        if not self._known.lacking(demand.algorithms):
            return
        async with self._store.leases.hold("first key", FIRST_KEY_LEASE, FIRST_KEY_PATIENCE):
            await self.look()
            for name in self._known.lacking(demand.algorithms):
                jwk = self._inherited() if name == RS256.name else None
                if jwk is None:
                    jwk = await asyncio.to_thread(generate_key, BY_KEY[name])
                key = await self._add(jwk, int(self._clock()))
                _log.info("key_made", kid=key.key.kid, alg=name)

    def unheard_of(self, settings: Settings) -> float:
        """Answer for how many seconds a key that only these settings need may be news to a process.

        Until then an application that asks for keys may be told the old ones, by another process
        than the one that has signed.
        """
        names = set(demand_of(settings).algorithms) - set(self.algorithms)
        first = [self._known.of(name) for name in names]
        made = [keys.kept[0].signs_from for keys in first if len(keys.kept) == 1 and not keys.given]
        return min(max([0, *made]) + PUBLISHED_WITHIN - self._clock(), PUBLISHED_WITHIN)

    async def follow(self) -> None:
        """Look which keys the store has, and let it know what this process needs of them.

        A shorter lifetime may be configured later, and another process may forget a key then.
        """
        await self.make_for(self._settings)
        lifetime = self._demand.lifetime
        for name in self._demand.algorithms:
            signs = self.key_of(name).kid
            for key in self._known.of(name).kept:
                if key.key.kid == signs and key.lifetime < lifetime:
                    await self._store.signing_keys.signs_for(signs, lifetime)

    async def rotate(self, algorithm: str = RS256.name, *, at_once: bool = False) -> Key:
        """Add a new key, which signs after ``ANNOUNCEMENT``.

        Or ``at_once``: then those of its algorithm that wait are dropped.
        """
        wait = timedelta(0) if at_once else ANNOUNCEMENT
        jwk = await asyncio.to_thread(generate_key, BY_KEY[algorithm])
        key = await self._add(
            jwk, int(self._clock() + wait.total_seconds()), in_place_of_others=at_once
        )
        audit("key_rotation", "signs" if at_once else "announced", kid=key.key.kid, alg=algorithm)
        return key

    async def keep_fresh(self) -> None:
        """Rotate what has come of age, and forget keys whose last token has ended."""
        await self.look()
        age, now = self._settings.key_rotation, self._clock()
        for name in self.rotated:
            newest = self._known.of(name).kept[-1]
            if age and newest.signs_from + (age - ANNOUNCEMENT).total_seconds() <= now:
                await self.rotate(name)
        for keys in self._known.by_algorithm.values():
            for key in keys.over(now, self._demand.lifetime):
                await self._store.signing_keys.remove(key.key.kid)
        await self._forget_unused()
        await self.look()

    async def _forget_unused(self) -> None:
        """Forget the keys of algorithms by which no process signs any more."""
        for name, keys in self._known.by_algorithm.items():
            if name in self._demand.algorithms or not keys.kept:
                continue
            if name not in self._needed:
                # Nobody knows since when: the store has been copied, or nobody was here to look.
                await self._store.signing_keys.need(name, self._ends(self._demand))
            else:
                kids = [key.key.kid for key in keys.kept]
                await self._store.signing_keys.remove_unneeded(name, kids, int(self._clock()))

    async def _claim(self, demand: Demand) -> None:
        """Let the store know until when the tokens live that are signed by each algorithm.

        RS256 is needed for ever, and nothing has to be known of it.
        """
        ends = self._ends(demand)
        for name in demand.algorithms:
            if name != RS256.name and self._needed.get(name, 0) < ends:
                await self._store.signing_keys.need(name, ends + AHEAD)

    def _ends(self, demand: Demand) -> int:
        """Answer the Unix time at which a token that is signed now has surely ended."""
        return int(self._clock() + demand.lifetime + GRACE.total_seconds())

    def _inherited(self) -> str | None:
        path = self._settings.data_dir / KEY_FILE
        if not exists(path):
            return None
        text = read(path)
        if parse_key(text, str(path)).algorithm != RS256:
            raise StartFault([f"{path}: is a key for another algorithm than {RS256.name}"])
        _log.info("key_taken_in", file=str(path))
        return text

    async def _add(self, jwk: str, signs_from: int, *, in_place_of_others: bool = False) -> Key:
        key = Key(parse_key(jwk, "the new key"), signs_from)
        stored = StoredKey(key.key.kid, jwk, signs_from, self._demand.lifetime)
        if in_place_of_others:
            await self._store.signing_keys.add_before(stored, HEARD_WITHIN)
        else:
            await self._store.signing_keys.add(stored)
        await self.look()
        return key
