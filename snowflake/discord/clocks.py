"""Every time that the speaker to Discord knows."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clocks:
    """``now`` never jumps, and has no meaning of its own; ``unix`` is for people. In seconds."""

    now: Callable[[], float] = time.monotonic
    unix: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


#: The clocks of this machine.
REAL = Clocks()
