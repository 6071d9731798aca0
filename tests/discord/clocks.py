"""Time that passes only where somebody waits for it."""

import asyncio

from snowflake.discord.clocks import Clocks
from tests.running import NOW


class Times:
    """Clocks of a test, and for how long was slept on them."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: self.now, lambda: NOW - 1000 + self.now, self.sleep)


async def settle() -> None:
    """Let everything happen that is about to."""
    for _ in range(20):
        await asyncio.sleep(0)
