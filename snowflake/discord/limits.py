"""Discord's limits: never ask into a bucket that is known to be empty.

Discord counts for each route and person, and says in the headers of each answer which bucket it
counted in, how many requests are left and when the bucket is full again. Nothing is known before
the first answer; so one request goes and finds out, and others for the same person wait for it.
Requests under way count as if each took one. What is full again is forgotten.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import httpx

from snowflake.discord.clocks import Clocks
from snowflake.discord.limit_answers import Report, refusal_of, report_of
from snowflake.errors import TemporarilyUnavailable
from snowflake.metrics import DISCORD_WAITS

#: Seconds to wait when Discord limits us without saying for how long; doubled while it goes on.
DEFAULT_RETRY_AFTER: Final = 5
LONGEST_GUESS: Final = 300
#: Nobody is told to come back later than this, in seconds, whatever Discord says.
MAX_RETRY_AFTER: Final = 3600
#: Two answers that name nearly the same time, in seconds, tell of the same filling of a bucket.
SAME_TIME: Final = 0.25
#: Seconds by which a bucket is believed to fill later than Discord says, which rounds.
MARGIN: Final = 0.005
#: Seconds between two looks for buckets that are full again.
SWEEP_EVERY: Final = 30.0
#: Tokens whose person is remembered.
MAX_TOKENS: Final = 10_000


class Place(NamedTuple):
    """What Discord counts together.

    ``part`` is the guild, or the client at the token endpoint. ``who`` is a person's ID, or stands
    for the token of somebody not known yet; it is empty where Discord counts nobody.
    """

    route: str
    part: str
    who: str


class Bucket:
    """What is known of one of Discord's buckets. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self.under_way = 0
        #: Requests left; None as long as nobody knows.
        self.remaining: float | None = None
        self.full_at = 0.0
        self._is_limited = True
        self._report: Report | None = None
        self._change: asyncio.Future[None] | None = None
        self._same: Bucket | None = None

    @property
    def itself(self) -> "Bucket":
        """The bucket that this one has turned out to be."""
        return self if self._same is None else self._same.itself

    def has_room(self, now: float, *, blindly: bool) -> bool:
        """Whether one more may go; into an unknown bucket, beside others only ``blindly``."""
        if self.remaining is not None and now >= self.full_at:
            self.remaining = self._report = None
        if self.remaining is None:
            return blindly or not self._is_limited or not self.under_way
        return self.remaining > self.under_way

    def is_empty(self, now: float) -> bool:
        """Whether asking now would be refused."""
        return self.remaining is not None and self.remaining <= 0 and now < self.full_at

    def is_forgettable(self, now: float) -> bool:
        """Whether nothing is known, and nobody is about to know."""
        return not self.under_way and (self.remaining is None or now >= self.full_at)

    def learn(self, report: Report, now: float) -> None:
        """Take over what an answer reports. Answers may overtake each other."""
        old, self._is_limited = self._report, True
        later = report.reset - old.reset if old is not None else 0.0
        if self.remaining is None or later > SAME_TIME:
            self.remaining, self._report = report.remaining, report
            self.full_at = now + report.reset_after + MARGIN
        elif later >= -SAME_TIME:
            self.remaining = min(self.remaining, report.remaining)

    def learn_nothing(self, response: httpx.Response | None) -> None:
        """Note an answer that reports nothing, or that there was none."""
        if self.remaining is not None:
            # It may have been counted, wherever its answer is.
            self.remaining -= 1
        elif response is not None and response.is_success:
            self._is_limited = False

    def empty(self, until: float) -> None:
        """Note that a request was refused."""
        self.full_at = until if self.remaining is None else max(until, self.full_at)
        self.remaining = 0

    def take_in(self, other: "Bucket") -> None:
        """Make one bucket of two that have turned out to be the same."""
        self.under_way += other.under_way
        if self.remaining is None or (other.remaining is not None and other.full_at > self.full_at):
            self.remaining, self.full_at = other.remaining, other.full_at
            self._report = other._report  # noqa: SLF001 - its own kind
        other._same = self  # noqa: SLF001

    async def change(self) -> None:
        """Wait until something has changed."""
        if self._change is None:
            self._change = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._change)

    def changed(self) -> None:
        """Wake those who wait."""
        if self._change is not None:
            self._change.set_result(None)
            self._change = None


class Visit:
    """One request under way in a bucket. ``response`` is its answer, once there is one."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self.response: httpx.Response | None = None


class Limits:
    """Every limit that this process has heard of."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._names: dict[str, str] = {}  # route -> Discord's name of its buckets
        self._buckets: dict[str, dict[tuple[str, str], Bucket]] = {}  # who -> (name, part)
        self._persons: dict[str, str] = {}  # who, as a token -> who, as a person
        self._emptied: dict[str, float] = {}  # route -> until when anybody's bucket is empty
        self._stopped_until = 0.0
        self._unexplained = 0
        self._sweep_at = 0.0

    def may_be_limited(self, route: str) -> bool:
        """Whether anybody's bucket of a route is empty now.

        Somebody who is not known yet may be that person; so ask first who it is.
        """
        return self._clocks.now() < self._emptied.get(route, 0.0)

    @asynccontextmanager
    async def respected(self, place: Place, patience: float) -> AsyncIterator[Visit]:
        """Wait for up to ``patience`` seconds until Discord may be asked, and ask in the block.

        Raises:
            TemporarilyUnavailable: the wait would be longer.
        """
        visit = Visit(await self._enter(place, patience))
        try:
            yield visit
        finally:
            self._leave(place, visit)

    def belongs(self, token: str, person: str) -> None:
        """Note whose a token is: what was learnt with it is known of the person from now on."""
        self._persons[token] = person
        if len(self._persons) > MAX_TOKENS:
            del self._persons[next(iter(self._persons))]
        for key, bucket in self._buckets.pop(token, {}).items():
            self._put(person, key, bucket)

    async def _enter(self, place: Place, patience: float) -> Bucket:
        now = arrived = self._clocks.now()
        self._sweep(now)
        while True:
            bucket = self._bucket(place)
            wait = self._stopped_until - now
            if bucket.is_empty(now):
                wait = max(wait, bucket.full_at - now)
            left = arrived + patience - now
            if wait > left:
                raise _limited(wait)
            if wait > 0:
                await self._clocks.sleep(wait)
            elif bucket.has_room(now, blindly=not place.who):
                break
            else:
                await _patiently(bucket.change(), left)
            now = self._clocks.now()
        bucket.under_way += 1
        if now > arrived:
            DISCORD_WAITS.labels(place.route).observe(now - arrived)
        return bucket

    def _leave(self, place: Place, visit: Visit) -> None:
        now, response = self._clocks.now(), visit.response
        report = report_of(response) if response is not None else None
        if report is not None:
            self._name(place.route, report.bucket)
        bucket = visit.bucket.itself
        bucket.under_way -= 1
        if report is not None:
            bucket.learn(report, now)
        else:
            bucket.learn_nothing(response)
        if response is not None:
            self._look_for_refusal(response, bucket, now)
        if bucket.is_empty(now):
            self._emptied[place.route] = max(self._emptied.get(place.route, 0.0), bucket.full_at)
        bucket.changed()
        if bucket.is_forgettable(now):
            self._forget(place, bucket)

    def _look_for_refusal(self, response: httpx.Response, bucket: Bucket, now: float) -> None:
        if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
            if not response.is_server_error:
                self._unexplained = 0
            return
        refusal = refusal_of(response)
        if refusal.stops_everything:
            until = now + min(refusal.seconds or self._guess(now), MAX_RETRY_AFTER)
            self._stopped_until = max(self._stopped_until, until)
        else:
            bucket.empty(now + min(refusal.seconds or DEFAULT_RETRY_AFTER, MAX_RETRY_AFTER))

    def _guess(self, now: float) -> float:
        # Requests that went together are refused together, and tell one thing.
        if now >= self._stopped_until:
            self._unexplained += 1
        return min(DEFAULT_RETRY_AFTER * 2.0 ** (self._unexplained - 1), LONGEST_GUESS)

    def _bucket(self, place: Place) -> Bucket:
        buckets = self._buckets.setdefault(self._who(place), {})
        key = self._key(place)
        if key not in buckets:
            buckets[key] = Bucket()
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
        buckets = self._buckets.get(who, {})
        if buckets.get(key) is bucket:
            del buckets[key]
            if not buckets:
                del self._buckets[who]

    def _sweep(self, now: float) -> None:
        if now < self._sweep_at:
            return
        self._sweep_at = now + SWEEP_EVERY
        for who, buckets in list(self._buckets.items()):
            for key in [key for key, bucket in buckets.items() if bucket.is_forgettable(now)]:
                del buckets[key]
            if not buckets:
                del self._buckets[who]


async def _patiently(change: Awaitable[None], seconds: float) -> None:
    try:
        await asyncio.wait_for(change, seconds)
    except TimeoutError:
        raise _limited(1) from None


def _limited(seconds: float) -> TemporarilyUnavailable:
    return TemporarilyUnavailable("Discord is limiting requests; try again", math.ceil(seconds))
