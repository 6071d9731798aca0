"""What an answer of Discord says about its limits."""

import math
from dataclasses import dataclass
from typing import Final

import httpx
from pydantic import BaseModel, Field, TypeAdapter

from snowflake.discord.reading import Reader

#: Seconds to wait when Discord limits us without saying for how long.
DEFAULT_RETRY_AFTER: Final = 5
#: Nobody is told to come back later than this, in seconds, whatever Discord says.
MAX_RETRY_AFTER: Final = 3600


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


class _Fields(BaseModel):
    retry_after: float
    is_global: bool = Field(default=False, alias="global")


_fields = Reader("limit", TypeAdapter(_Fields))


def report_of(response: httpx.Response) -> Report | None:
    """Read the ``X-RateLimit`` headers; None where those that count are missing, or no numbers."""
    # Every answer is read. httpx looks through all headers for each name that is asked for.
    headers = dict(response.headers.items())
    remaining = _number(headers.get("x-ratelimit-remaining"))
    reset_after = _number(headers.get("x-ratelimit-reset-after"))
    if remaining is None or reset_after is None:
        return None
    reset = _number(headers.get("x-ratelimit-reset"))
    return Report(headers.get("x-ratelimit-bucket"), remaining, reset or 0.0, reset_after)


def refusal_of(response: httpx.Response) -> Refusal:
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
