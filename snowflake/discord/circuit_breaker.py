"""Knowing that Discord is down, so that nobody waits to be told."""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Final, NamedTuple, NoReturn

import structlog

from snowflake.concurrency.deadline import Clocks
from snowflake.errors import DiscordDown
from snowflake.telemetry.metrics import DISCORD_DOWN

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
    SUSPECT = auto()  #: the same, but to what a stranger may have chosen: it may be that
    BLOCKED = auto()  #: a page that refuses: our address is banned, or this request looked bad
    NEITHER = auto()  #: a limit, or a call that was not made


class _Failure(NamedTuple):
    """A call that failed at ``at``, a monotonic time, which is ``unix`` for people."""

    at: float
    unix: float
    is_suspect: bool


class Breaker:
    """Closed while Discord answers, open while it does not.

    While it is open, calls fail at once, so that nobody has to find out whether the outage is over.
    ``probing`` does, with a request in which nobody has a hand. Only that tells a ban too, and
    whether failures are an outage where a stranger may have chosen what was sent, such as a made-up
    code: whoever finds something that Discord blocks or stumbles over must not close the door on
    everybody else.
    """

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._row: deque[_Failure] = deque(maxlen=FAILURES)
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
        elif outcome is Outcome.BLOCKED and not self._in_doubt.is_set():
            self._doubt()
        elif outcome in {Outcome.FAILED, Outcome.SUSPECT} and not self._is_open:
            self._count(is_suspect=outcome is Outcome.SUSPECT)

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
        elif outcome is Outcome.FAILED and not self._is_open and self._is_row_full():
            # With nothing of anybody's in it: so it was not what those calls had in them.
            self._open(self._row[0].unix)
        elif outcome in {Outcome.BLOCKED, Outcome.FAILED}:
            self._doubt()
        else:
            # It does not show that logins work. As many as at first may find out, lest one who
            # has bad luck keeps all others out; then the pause goes on from where it was.
            self._row.clear()
            if not self._is_open:
                self._pause = FIRST_PAUSE
            self._close()

    def _count(self, *, is_suspect: bool) -> None:
        self._row.append(_Failure(self._clocks.now(), self._clocks.unix(), is_suspect))
        if not self._is_row_full():
            return
        if not any(failure.is_suspect for failure in self._row):
            self._open(self._row[0].unix)
        elif not self._in_doubt.is_set():
            self._doubt()

    def _is_row_full(self) -> bool:
        return len(self._row) == FAILURES and self._row[-1].at - self._row[0].at <= WITHIN

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
