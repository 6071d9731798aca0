"""Bans: Discord no longer speaks to an address that was refused too often."""

from collections import deque
from collections.abc import Callable, Mapping

INVALID = frozenset({401, 403, 429})
WINDOW = 600.0
MOST = 10_000
BAN = 3600.0


class Bans:
    """Counts what was refused to the one address that there is. ``clock`` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._refused: deque[float] = deque(maxlen=MOST)
        self._until = 0.0

    @property
    def count(self) -> int:
        """The answers that counted within the window."""
        since = self._clock() - WINDOW
        return sum(refused > since for refused in list(self._refused))

    @property
    def is_banned(self) -> bool:
        """Whether nothing is answered but the page that says so."""
        return self._clock() < self._until

    def note(self, headers: Mapping[str, str], status: int) -> None:
        """Count an answer, unless it is good, or a limit that others have used up."""
        if status not in INVALID or headers.get("x-ratelimit-scope") == "shared":
            return
        now = self._clock()
        self._refused.append(now)
        if len(self._refused) == MOST and self._refused[0] > now - WINDOW:
            self._until = now + BAN
