"""Discord's limits: never ask into a bucket that is known to be empty.

Discord counts for each route and person, and says in the headers of each answer which bucket it
counted in, how many requests are left and when the bucket is full again. Nothing is known before
the first answer; so one request goes and finds out, and others for the same person wait for it.
Where Discord counts nobody, some go at once until one is refused. What is full again is forgotten.

Our address has a bucket too, out of which every request goes. Discord's global limit and Cloudflare
empty it.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import httpx

from snowflake.concurrency.deadline import Clocks
from snowflake.concurrency.turns import Turns
from snowflake.discord.buckets import DEFAULT_RETRY_AFTER, Bucket, Refusal, refusal_of, report_of
from snowflake.errors import TemporarilyUnavailable
from snowflake.outbound.answer import Answer
from snowflake.telemetry.metrics import DISCORD_WAITS

#: Seconds to wait at most where Discord goes on limiting us without saying for how long.
LONGEST_GUESS: Final = 300
#: Requests under way at once in one place: so many may be refused before anybody knows.
AT_ONCE: Final = 10
#: Seconds between two looks for buckets that are full again.
SWEEP_EVERY: Final = 30.0
#: Tokens whose person is remembered, for as long as a login asks with them.
MAX_TOKENS: Final = 1000


class Place(NamedTuple):
    """What Discord counts together.

    ``part`` is the guild, or the client at the token endpoint. ``who`` is a person's ID, or stands
    for the token of somebody not known yet; it is empty where Discord counts nobody.
    """

    route: str
    part: str
    who: str


class RateLimits:
    """Every limit that this process has heard of."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._names: dict[str, str] = {}  # route -> Discord's name of its buckets
        self._buckets: dict[str, dict[tuple[str, str], Bucket]] = {}  # who -> (name, part)
        self._persons: dict[str, str] = {}  # who, as a token -> who, as a person
        self._emptied: dict[str, float] = {}  # route -> until when anybody's bucket is empty
        self._address = Bucket(one_first=False)
        self._unexplained = 0
        self._crowds = Turns(AT_ONCE)
        self._sweep_at = 0.0

    def may_be_limited(self, route: str) -> bool:
        """Whether anybody's bucket of a route is empty now.

        Somebody who is not known yet may be that person; so ask first who it is.
        """
        return self._clocks.now() < self._emptied.get(route, 0.0)

    def pause(self, place: Place) -> float:
        """Answer for how many seconds one waits whose request nobody waits for."""
        now = self._clocks.now()
        bucket = self._buckets.get(self._who(place), {}).get(self._key(place))
        known = bucket.pause(now) if bucket is not None else 0.0
        return max(known, self._address.pause(now))

    async def within(
        self, place: Place, patience: float, ask: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Wait for up to ``patience`` seconds until Discord may be asked, and do so by ``ask``.

        Raises:
            TemporarilyUnavailable: the wait would be longer; or as ``ask`` does.
        """
        now = self._clocks.now()
        end = now + patience
        crowd = self._crowds.of(place)
        if crowd.locked():
            # Who cannot wait for as long as the limit lasts need not queue to hear it.
            self._wait(self._bucket(place), now, end)
            await _patiently(crowd.acquire(), patience)
        else:
            await crowd.acquire()
        try:
            return await self._in_bucket(place, end, ask)
        finally:
            crowd.release()

    def belongs(self, token: str, person: str) -> None:
        """Note whose a token is: what was learnt with it is known of the person from now on."""
        self._persons[token] = person
        if len(self._persons) > MAX_TOKENS:
            del self._persons[next(iter(self._persons))]
        for key, bucket in self._buckets.pop(token, {}).items():
            self._put(person, key, bucket)

    async def _in_bucket(
        self, place: Place, end: float, ask: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        bucket, answer = await self._enter(place, end), None
        try:
            answer = await ask()
        finally:
            self._leave(place, bucket, answer)
        return answer

    async def _enter(self, place: Place, end: float) -> Bucket:
        now = arrived = self._clocks.now()
        self._sweep(now)
        while True:
            bucket = self._bucket(place)
            wait = self._wait(bucket, now, end)
            if wait > 0:
                await self._clocks.sleep(wait)
            elif not self._address.has_room(now):
                await _patiently(self._address.change(), end - now)
            elif not bucket.has_room(now):
                await _patiently(bucket.change(), end - now)
            else:
                break
            now = self._clocks.now()
        bucket.under_way += 1
        self._address.under_way += 1
        if now > arrived:
            DISCORD_WAITS.labels(place.route).observe(now - arrived)
        return bucket

    def _wait(self, bucket: Bucket, now: float, end: float) -> float:
        """Answer for how many seconds asking would be refused. Raises if that is beyond ``end``."""
        wait = max(self._address.empty_for(now), bucket.empty_for(now))
        if wait > 0 and now + wait > end:
            raise limited(wait)
        return wait

    def _leave(self, place: Place, bucket: Bucket, response: Answer | None) -> None:
        now = self._clocks.now()
        report = refusal = None
        if response is not None:
            report = report_of(response)
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                refusal = refusal_of(response)
        if report is not None:
            self._name(place.route, report.bucket)
        bucket = bucket.itself
        bucket.under_way -= 1
        self._address.under_way -= 1
        answered = response is not None and not response.is_server_error
        stops = refusal is not None and refusal.stops_everything
        if report is not None:
            bucket.learn(report, now)
        else:
            bucket.learn_nothing(answered=answered and refusal is None)
        if refusal is not None and not stops:
            bucket.empty(now + refusal.wait)
        self._learn_of_address(refusal if stops else None, now, answered=answered)
        if bucket.empty_for(now):
            self._emptied[place.route] = max(self._emptied.get(place.route, 0.0), bucket.full_at)
        bucket.changed()
        if bucket.is_forgettable(now):
            self._forget(place, bucket)

    def _learn_of_address(self, stop: Refusal | None, now: float, *, answered: bool) -> None:
        if stop is not None:
            self._address.empty(now + (stop.wait if stop.seconds else self._guess(now)))
        else:
            self._address.learn_nothing(answered=answered)
            if answered:
                self._unexplained = 0
        self._address.changed()

    def _guess(self, now: float) -> float:
        # Requests that went together are refused together, and tell one thing.
        if now >= self._address.full_at:
            self._unexplained += 1
        return min(DEFAULT_RETRY_AFTER * 2.0 ** (self._unexplained - 1), LONGEST_GUESS)

    def _bucket(self, place: Place) -> Bucket:
        buckets = self._buckets.setdefault(self._who(place), {})
        key = self._key(place)
        if key not in buckets:
            buckets[key] = Bucket(one_first=bool(place.who))
        return buckets[key]

    def _who(self, place: Place) -> str:
        return self._persons.get(place.who, place.who)

    def _key(self, place: Place) -> tuple[str, str]:
        return self._names.get(place.route, place.route), place.part

    def _name(self, route: str, name: str | None) -> None:
        """Call the buckets of a route as Discord does, which may count several routes together."""
        if name is None or route in self._names:
            return
        self._names[route] = name
        for who, buckets in self._buckets.items():
            for key in [key for key in buckets if key[0] == route]:
                self._put(who, (name, key[1]), buckets.pop(key))

    def _put(self, who: str, key: tuple[str, str], bucket: Bucket) -> None:
        kept = self._buckets.setdefault(who, {}).setdefault(key, bucket)
        if kept is not bucket:
            kept.take_in(bucket)
        bucket.changed()

    def _forget(self, place: Place, bucket: Bucket) -> None:
        who, key = self._who(place), self._key(place)
        if self._buckets.get(who, {}).get(key) is bucket:
            self._remove(who, key)

    def _sweep(self, now: float) -> None:
        if now < self._sweep_at:
            return
        self._sweep_at = now + SWEEP_EVERY
        for who, buckets in list(self._buckets.items()):
            for key in [key for key, bucket in buckets.items() if bucket.is_forgettable(now)]:
                self._remove(who, key)

    def _remove(self, who: str, key: tuple[str, str]) -> None:
        del self._buckets[who][key]
        if not self._buckets[who]:
            del self._buckets[who]


async def _patiently(turn: Awaitable[object], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await turn
    except TimeoutError:
        raise limited(1) from None


def limited(seconds: float, *, answered: bool = False) -> TemporarilyUnavailable:
    """Answer the error for a limit that lasts; ``answered`` if Discord has just said so."""
    reason = "Discord is limiting requests; try again"
    return TemporarilyUnavailable(reason, max(math.ceil(seconds), 1), answered=answered)
