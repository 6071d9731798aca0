"""Rate limits: a bucket for each route and person, which empties and fills again.

How large each is says ``state``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """How many requests a person or bot may make of one route in how many seconds."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Drawn:
    """What a bucket says about one request: its headers, and how long to wait if it is empty."""

    headers: Mapping[str, str]
    retry_after: float | None


class Bucket:
    """Counts one person's requests of one route in windows that begin with a request."""

    def __init__(self, route: str) -> None:
        self._name = hashlib.sha256(route.encode()).hexdigest()[:32]
        self._used = 0
        self._resets_at = 0.0

    def draw(self, limit: Limit, now: float) -> Drawn:
        """Take one request out of the bucket, if there is one left.

        ``now`` is in seconds since the epoch. ``retry_after`` of the result is None if the request
        may go on, else the seconds until the bucket is full again.
        """
        if now >= self._resets_at:
            self._used = 0
            self._resets_at = now + limit.seconds
        empty = self._used >= limit.requests
        if not empty:
            self._used += 1
        wait = self._resets_at - now
        headers = {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(max(limit.requests - self._used, 0)),
            "X-RateLimit-Reset": f"{self._resets_at:.3f}",
            "X-RateLimit-Reset-After": f"{wait:.3f}",
            "X-RateLimit-Bucket": self._name,
        }
        return Drawn(headers, wait if empty else None)
