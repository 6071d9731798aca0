"""Time, and how much of it is left for all that a block does, waits and retries included."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_end: ContextVar[float | None] = ContextVar("deadline", default=None)


@dataclass(frozen=True, slots=True)
class Clocks:
    """``now`` never jumps, and has no meaning of its own; ``unix`` is for people. In seconds."""

    now: Callable[[], float] = time.monotonic
    unix: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


#: The clocks of this machine.
REAL = Clocks()


@contextmanager
def deadline(seconds: float, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Give the block this many seconds, or what is left of a block around it.

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
