"""Failures that a test plans: which, where, how many times."""

import threading
from collections import defaultdict
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

Route = Literal["authorize", "token", "revoke", "me", "guilds"]
"""The routes that can fail."""


class Failure(Enum):
    """Every way in which Discord is known to fail."""

    # Discord answers, and the answer is no. Nothing is done.
    BAD_GATEWAY = auto()  #: 502, a page
    UNAVAILABLE = auto()  #: 503, a page
    RATE_LIMITED_USER = auto()  #: 429 for this person or bot
    RATE_LIMITED_GLOBAL = auto()  #: 429 for everything
    RATE_LIMITED_SHARED = auto()  #: 429 that others caused; does not count towards a ban
    RATE_LIMITED_ADDRESS = auto()  #: Cloudflare's 429, error 1015: a page without any field
    BANNED = auto()  #: Cloudflare's 403: a page, the address is banned
    PAGE = auto()  #: 200, but a page

    # The work is done, and its answer spoiled. A code is spent.
    TRUNCATED = auto()  #: half of the body, then the connection ends
    WRONG_SHAPE = auto()  #: a list for an object, an object for a list
    MISSING_FIELDS = auto()  #: objects without their fields
    WRONG_TYPES = auto()  #: every field of another type
    DROPPED_AFTER = auto()  #: no answer at all

    # Nothing is done until it is too late, or at all.
    DROPPED_BEFORE = auto()  #: the connection ends before the request is looked at
    HANG = auto()  #: no answer until ``heal()``, or until the client leaves
    SLOW = auto()  #: the right answer, after some seconds


SPOIL_JSON = frozenset(
    {Failure.TRUNCATED, Failure.WRONG_SHAPE, Failure.MISSING_FIELDS, Failure.WRONG_TYPES}
)
"""The failures that need a JSON answer to spoil."""


@dataclass
class Planned:
    """A failure that is to happen ``times`` more times, or, if None, until it is healed."""

    failure: Failure
    times: int | None
    seconds: float


class Failures:
    """The plan, first in, first out for each route. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: defaultdict[str, list[Planned]] = defaultdict(list)

    def plan(self, route: Route, failure: Failure, times: int | None, seconds: float) -> None:
        """Let a route fail.

        Raises ValueError for a failure of JSON at ``authorize``, which answers with pages.
        """
        if route == "authorize" and failure in SPOIL_JSON:
            raise ValueError(f"{failure.name} spoils JSON, and authorize answers with pages")
        with self._lock:
            self._planned[route].append(Planned(failure, times, seconds))

    def next(self, route: str | None) -> Planned | None:
        """Return the failure that the next request of a route meets, counting it."""
        with self._lock:
            queue = self._planned.get(route or "")
            if not queue:
                return None
            planned = queue[0]
            if planned.times is not None:
                planned.times -= 1
                if planned.times <= 0:
                    queue.pop(0)
            return planned

    def clear(self) -> None:
        """Forget the plan."""
        with self._lock:
            self._planned.clear()
