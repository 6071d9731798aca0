"""Time that passes only where somebody waits for it."""

import asyncio
import math

from snowflake.concurrency.deadline import Clocks
from tests.running import NOW


class Times:
    """Clocks of a test, and for how long was slept on them.

    Who sleeps for longer than ``patience`` does so until the test lets that time pass.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.patience = math.inf

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        end = self.now + seconds
        if seconds <= self.patience:
            self.now = end
        await asyncio.sleep(0)
        while self.now < end:  # noqa: ASYNC110 - the time has no event
            await asyncio.sleep(0)

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: self.now, lambda: NOW - 1000 + self.now, self.sleep)


async def settle() -> None:
    """Let everything happen that is about to."""
    for _ in range(20):
        await asyncio.sleep(0)


async def pass_by(times: Times, seconds: float) -> None:
    """Let time pass, and everything happen that waits for it."""
    await settle()
    times.now += seconds
    await settle()
