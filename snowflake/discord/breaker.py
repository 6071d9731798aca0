"""Knowing that Discord is down, so that nobody waits to be told."""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Final, NoReturn

import structlog

from snowflake.discord.clocks import Clocks
from snowflake.errors import DiscordDown
from snowflake.metrics import DISCORD_DOWN

#: This many calls in a row have to fail, within this many seconds.
FAILURES: Final = 5
WITHIN: Final = 60.0
#: Seconds until Discord is asked whether it is back: at first, and at most.
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 30.0

_log = structlog.get_logger(__name__)


class Outcome(Enum):
    """What a call says of Discord."""

    ANSWERED = auto()
    FAILED = auto()  #: no answer, 5xx, or a page where a program asked
    BLOCKED = auto()  #: a page that refuses: our address is banned, or this request looked bad
    NEITHER = auto()  #: a limit, or a call that was not made


class Breaker:
    """Closed while Discord answers, open while it does not.

    While it is open, calls fail at once, so that nobody has to find out whether the outage is over.
    ``probing`` does, with a request in which nobody has a hand. Only that tells a ban too: whoever
    sends us something that Discord blocks must not close the door on everybody else.
    """

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._row: deque[tuple[float, float]] = deque(maxlen=FAILURES)  # monotonic, Unix
        self._is_open = False
        self._since = 0.0
        self._in_doubt = asyncio.Event()
        self._pause = FIRST_PAUSE
        self._probe_at = 0.0

    def check(self) -> None:
        """Pass, unless it is known that Discord would not answer now.

        Raises:
            DiscordDown: it has not answered since it was found to be down.
        """
        if self._is_open:
            retry_after = max(math.ceil(self._probe_at - self._clocks.now()), 1)
            raise DiscordDown(
                "Discord is not answering; try again",
                retry_after,
                since=int(self._since),
                lasting=self._lasting(),
            )

    def note(self, outcome: Outcome) -> None:
        """Note what came of a call."""
        if outcome is Outcome.ANSWERED:
            self._row.clear()
            self._close()
            self._pause = FIRST_PAUSE
        elif outcome is Outcome.FAILED and not self._is_open:
            self._count()
        elif outcome is Outcome.BLOCKED and not self._in_doubt.is_set():
            self._doubt()

    async def probing(self, probe: Callable[[], Awaitable[Outcome]]) -> NoReturn:
        """Ask whether Discord is there, for as long as that is in doubt and whenever it is."""
        while True:
            await self._in_doubt.wait()
            await self._clocks.sleep(max(self._probe_at - self._clocks.now(), 0.0))
            if self._in_doubt.is_set():
                self._learn(await self._found_by(probe))

    async def _found_by(self, probe: Callable[[], Awaitable[Outcome]]) -> Outcome:
        try:
            return await probe()
        except Exception:  # noqa: BLE001 - it is logged, and there is nobody to raise it to
            # Were this the end of probing, it would be the end of every login.
            _log.exception("unexpected_error")
            return Outcome.NEITHER

    def _learn(self, outcome: Outcome) -> None:
        if not self._in_doubt.is_set():
            # A call has got an answer meanwhile.
            return
        if outcome is Outcome.BLOCKED and not self._is_open:
            self._open(self._clocks.unix())
        elif outcome in {Outcome.BLOCKED, Outcome.FAILED}:
            self._doubt()
        else:
            if self._is_open:
                # It does not show that logins work: one more failure, and it is the same outage.
                self._row.extend([(self._clocks.now(), self._since)] * (FAILURES - 1))
            else:
                self._pause = FIRST_PAUSE
            self._close()

    def _count(self) -> None:
        self._row.append((self._clocks.now(), self._clocks.unix()))
        first, since = self._row[0]
        if len(self._row) == FAILURES and self._row[-1][0] - first <= WITHIN:
            self._open(since)

    def _open(self, since: float) -> None:
        self._is_open, self._since = True, since
        _log.error("discord_down", since=int(since))
        DISCORD_DOWN.set(1)
        self._doubt()

    def _doubt(self) -> None:
        """Have Discord asked after a pause, which is longer each time."""
        self._probe_at = self._clocks.now() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._in_doubt.set()

    def _close(self) -> None:
        if self._is_open:
            _log.info("discord_back", down_seconds=self._lasting())
            DISCORD_DOWN.set(0)
        self._is_open = False
        self._in_doubt.clear()

    def _lasting(self) -> int:
        return max(int(self._clocks.unix() - self._since), 0)
