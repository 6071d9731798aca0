"""Knowing that Discord is down, so that nobody waits to be told."""

import asyncio
import math
from collections import deque
from enum import Enum, auto
from typing import Final

import structlog

from snowflake.discord.clocks import Clocks
from snowflake.errors import DiscordDown
from snowflake.metrics import DISCORD_DOWN

#: This many calls in a row have to fail, within this many seconds.
FAILURES: Final = 5
WITHIN: Final = 60.0
#: Seconds until Discord is tried again: at first, and at most.
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 30.0

_log = structlog.get_logger(__name__)


class Outcome(Enum):
    """What a call says of Discord."""

    ANSWERED = auto()
    FAILED = auto()  #: no answer, 5xx, or a page where a program asked
    NEITHER = auto()  #: a limit, or a call that was not made


class Breaker:
    """Closed while Discord answers, open while it does not.

    While it is open, calls fail at once; when the pause is over one of them tries, and the others
    wait for what it finds.
    """

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._row: deque[tuple[float, float]] = deque(maxlen=FAILURES)  # monotonic, Unix
        self._since = 0.0
        self._pause = 0.0
        self._until = 0.0
        self._probe: asyncio.Future[None] | None = None

    def check(self) -> None:
        """Pass, unless it is known that Discord would not answer now.

        Raises:
            DiscordDown: it is down, and was asked a moment ago.
        """
        if self._pause and self._clocks.now() < self._until:
            raise self._down()

    async def enter(self, patience: float) -> bool:
        """Wait for up to ``patience`` seconds until a call may be made; whether it is the probe.

        ``leave`` has to follow, whatever comes of the call.

        Raises:
            DiscordDown: Discord is down.
        """
        end = self._clocks.now() + patience
        while self._pause:
            self.check()
            if self._probe is None:
                self._probe = asyncio.get_running_loop().create_future()
                return True
            try:
                async with asyncio.timeout(end - self._clocks.now()):
                    await asyncio.shield(self._probe)
            except TimeoutError:
                raise self._down() from None
        return False

    def leave(self, outcome: Outcome, *, probe: bool) -> None:
        """Note what came of a call."""
        if outcome is Outcome.ANSWERED:
            self._close()
        elif outcome is Outcome.FAILED and not self._pause:
            self._count()
        elif outcome is Outcome.FAILED and probe:
            self._open(min(self._pause * 2, LONGEST_PAUSE))
        if probe and self._probe is not None:
            self._probe.set_result(None)
            self._probe = None

    def _count(self) -> None:
        self._row.append((self._clocks.now(), self._clocks.unix()))
        first, since = self._row[0]
        if len(self._row) == FAILURES and self._row[-1][0] - first <= WITHIN:
            self._since = since
            self._open(FIRST_PAUSE)
            _log.error("discord_down", since=int(since))
            DISCORD_DOWN.set(1)

    def _open(self, pause: float) -> None:
        self._pause, self._until = pause, self._clocks.now() + pause

    def _close(self) -> None:
        if self._pause:
            _log.info("discord_back", down_seconds=self._lasting())
            DISCORD_DOWN.set(0)
        self._row.clear()
        self._pause = 0.0

    def _lasting(self) -> int:
        return max(int(self._clocks.unix() - self._since), 0)

    def _down(self) -> DiscordDown:
        retry_after = max(math.ceil(self._until - self._clocks.now()), 1)
        return DiscordDown(
            "Discord is not answering; try again",
            retry_after,
            since=int(self._since),
            lasting=self._lasting(),
        )
