"""The buckets in which Discord counts requests, and what its answers say of them.

Requests under way count as if each took one. As long as it is not known how much room there is, one
request may have to go first, while others wait for what it finds.
"""

import asyncio
import math
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, Field, TypeAdapter

from snowflake.discord.reading import Reader
from snowflake.outbound.answer import Answer

#: Seconds to wait when Discord limits us without saying for how long.
DEFAULT_RETRY_AFTER: Final = 5
#: Nobody is told to come back later than this, in seconds, whatever Discord says.
MAX_RETRY_AFTER: Final = 3600
#: Two answers that name nearly the same time, in seconds, tell of the same filling of a bucket.
SAME_TIME: Final = 0.25
#: Seconds by which a bucket is believed to fill later than Discord says, which rounds.
MARGIN: Final = 0.005
#: Requests left from which a bucket need not be remembered: so many do not go at once.
PLENTY: Final = 50
#: Seconds for which it is remembered of a bucket that has been empty that one has to go first.
REMEMBERED: Final = 60.0


@dataclass(frozen=True, slots=True)
class Report:
    """The headers of an answer. ``reset`` is Discord's time, ``reset_after`` counts from now."""

    bucket: str | None
    remaining: float
    reset: float
    reset_after: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """A 429. ``seconds`` is None if it does not say for how long.

    ``stops_everything`` when the whole address is limited, by Discord or by Cloudflare before it.
    """

    seconds: float | None
    stops_everything: bool

    @property
    def wait(self) -> float:
        """Seconds until Discord may be asked again, as far as it can be told from this alone."""
        return min(self.seconds or DEFAULT_RETRY_AFTER, MAX_RETRY_AFTER)


class Bucket:
    """What is known of a bucket. Times are monotonic, in seconds.

    ``one_first`` is whether one has to go first and find out, before anything is known. It is so
    after each refusal, until there is an answer that says nothing of limits: those who have waited
    for the same moment must not all be refused in it.
    """

    # There is one for everybody who has signed in lately.
    __slots__ = (
        *("under_way", "remaining", "full_at", "report", "same"),
        *("_one_first", "_remembered_until", "_change"),
    )

    def __init__(self, *, one_first: bool) -> None:
        self.under_way = 0
        #: Requests left; None as long as nobody knows.
        self.remaining: float | None = None
        self.full_at = 0.0
        self.report: Report | None = None
        self.same: Bucket | None = None
        self._one_first = one_first
        self._remembered_until = 0.0
        self._change: asyncio.Future[None] | None = None

    @property
    def itself(self) -> "Bucket":
        """The bucket that this one has turned out to be."""
        return self if self.same is None else self.same.itself

    def has_room(self, now: float) -> bool:
        """Whether one more may go."""
        if self.remaining is not None and now >= self.full_at:
            self.remaining = self.report = None
        if self.remaining is None:
            return not (self._one_first and self.under_way)
        return self.remaining > self.under_way

    def empty_for(self, now: float) -> float:
        """For how many seconds asking would be refused; 0 if not now."""
        if self.remaining is None or self.remaining > 0:
            return 0.0
        return max(self.full_at - now, 0.0)

    def pause(self, now: float) -> float:
        """For how many seconds one waits who leaves half of what there is to others; 0 if unknown.

        Whoever waits so each time does not empty the bucket before it is full again.
        """
        if self.remaining is None or now >= self.full_at:
            return 0.0
        left, time = self.remaining - self.under_way, self.full_at - now
        return time if left <= 1 else min(2 * time / left, time)

    def is_forgettable(self, now: float) -> bool:
        """Whether nothing is known that matters, and nobody is about to know."""
        known = self.remaining is not None and self.remaining < PLENTY and now < self.full_at
        return not self.under_way and not known and now >= self._remembered_until

    def learn(self, report: Report, now: float) -> None:
        """Take over what an answer reports. Answers may overtake each other."""
        old, self._one_first = self.report, True
        later = report.reset - old.reset if old is not None else 0.0
        if self.remaining is None or later > SAME_TIME:
            self.remaining, self.report = report.remaining, report
            self.full_at = now + report.reset_after + MARGIN
        elif later >= -SAME_TIME:
            self.remaining = min(self.remaining, report.remaining)

    def learn_nothing(self, *, answered: bool) -> None:
        """Note a request of which nothing was reported, whether or not Discord answered it."""
        if self.remaining is not None:
            # It may have been counted, wherever its answer is.
            self.remaining -= 1
        elif answered:
            self._one_first = False

    def empty(self, until: float) -> None:
        """Note that a request was refused."""
        self.full_at = until if self.remaining is None else max(until, self.full_at)
        self.remaining, self._one_first = 0, True
        self._remembered_until = self.full_at + REMEMBERED

    def take_in(self, other: "Bucket") -> None:
        """Make one bucket of two that have turned out to be the same."""
        self.under_way += other.under_way
        if self.remaining is None or (other.remaining is not None and other.full_at > self.full_at):
            self.remaining, self.full_at = other.remaining, other.full_at
            self.report = other.report
        other.same = self

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


class _Fields(BaseModel):
    retry_after: float
    is_global: bool = Field(default=False, alias="global")


_fields = Reader("limit", TypeAdapter(_Fields))


def report_of(response: Answer) -> Report | None:
    """Read the ``X-RateLimit`` headers; None where those that count are missing, or no numbers."""
    headers = response.headers
    remaining = _number(headers.get("x-ratelimit-remaining"))
    reset_after = _number(headers.get("x-ratelimit-reset-after"))
    if remaining is None or reset_after is None:
        return None
    reset = _number(headers.get("x-ratelimit-reset"))
    return Report(headers.get("x-ratelimit-bucket"), remaining, reset or 0.0, reset_after)


def refusal_of(response: Answer) -> Refusal:
    """Read a 429."""
    headers = response.headers
    scope, after = headers.get("x-ratelimit-scope"), _number(headers.get("retry-after"))
    try:
        fields = _fields.read(response.content)
    except ValueError:
        # Cloudflare's has no field; what it limits is the address.
        return Refusal(after or None, scope in {None, "global"})
    # The header says it in whole seconds.
    exact = fields.retry_after if 0 < fields.retry_after < math.inf else after
    return Refusal(exact or None, fields.is_global or scope == "global")


def _number(text: str | None) -> float | None:
    """Answer a number of seconds or of requests, or None for anything that is neither."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
