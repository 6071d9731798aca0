"""Failures that a test plans: which, where, how many times."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto


class Failure(Enum):
    """Every way in which Discord is known to fail, and so can the OpenID provider."""

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
    ODD_FIELDS = auto()  #: some fields otherwise, as the test says, of an object or a list's first
    DROPPED_AFTER = auto()  #: no answer at all

    # Nothing is done until it is too late, or at all.
    DROPPED_BEFORE = auto()  #: the connection ends before the request is looked at
    HANG = auto()  #: no answer until ``heal()``, or until the client leaves
    SLOW = auto()  #: the right answer, after some seconds


SPOIL_JSON = frozenset(
    {
        Failure.TRUNCATED,
        Failure.WRONG_SHAPE,
        Failure.MISSING_FIELDS,
        Failure.WRONG_TYPES,
        Failure.ODD_FIELDS,
    }
)
"""The failures that need a JSON answer to spoil."""


@dataclass
class Planned:
    """A failure that is to happen ``times`` more times, or, if None, until it is healed."""

    failure: Failure
    times: int | None
    seconds: float
    fields: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Met:
    """A failure that one request met. ``released`` is set, on the request's loop, by healing."""

    failure: Failure
    seconds: float
    fields: Mapping[str, object]
    loop: asyncio.AbstractEventLoop
    released: asyncio.Event


class Failures:
    """The plan, first in, first out for each route.

    ``plan`` and ``heal`` may be called from any thread, the others on the server's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[str, list[Planned]] = {}
        self._met: set[Met] = set()

    def plan(
        self,
        route: str,
        failure: Failure,
        times: int | None,
        seconds: float,
        fields: Mapping[str, object],
    ) -> None:
        """Let a route fail.

        Raises ValueError for a failure of JSON at ``authorize``, which answers with pages.
        """
        if route == "authorize" and failure in SPOIL_JSON:
            raise ValueError(f"{failure.name} spoils JSON, and authorize answers with pages")
        with self._lock:
            self._planned.setdefault(route, []).append(Planned(failure, times, seconds, fields))

    def heal(self) -> None:
        """Forget the plan, and let every request that hangs go on."""
        with self._lock:
            self._planned.clear()
            for met in self._met:
                met.loop.call_soon_threadsafe(met.released.set)

    @contextmanager
    def meet(self, route: str | None) -> Iterator[Met | None]:
        """Take the failure that this request of a route meets, if any, for as long as it lasts."""
        # Taken out of the plan and entered among those to release in one step: a request is healed
        # wherever the healing finds it.
        with self._lock:
            planned = self._take(route)
            if planned is None:
                met = None
            else:
                loop = asyncio.get_running_loop()
                met = Met(planned.failure, planned.seconds, planned.fields, loop, asyncio.Event())
                self._met.add(met)
        try:
            yield met
        finally:
            if met is not None:
                with self._lock:
                    self._met.discard(met)

    def _take(self, route: str | None) -> Planned | None:
        queue = self._planned.get(route) if route else None
        if not queue:
            return None
        planned = queue[0]
        if planned.times is not None:
            planned.times -= 1
            if planned.times <= 0:
                queue.pop(0)
        return planned
