"""How long one request may take for all that it asks of Discord, waits and retries included."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_end: ContextVar[float | None] = ContextVar("discord_deadline", default=None)


@contextmanager
def deadline(seconds: float, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Give the block this many seconds for Discord, or what is left of a block around it.

    ``clock`` is monotonic, in seconds, and the same for all who share a deadline.
    """
    end, outer = clock() + seconds, _end.get()
    token = _end.set(end if outer is None else min(end, outer))
    try:
        yield
    finally:
        _end.reset(token)


def left(otherwise: float, clock: Callable[[], float] = time.monotonic) -> float:
    """Answer how many seconds are left, never below 0; ``otherwise`` outside of any deadline."""
    end = _end.get()
    return otherwise if end is None else max(end - clock(), 0.0)
