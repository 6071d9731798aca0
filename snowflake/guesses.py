"""How often the slow check of a secret may be in vain.

Each takes much of a processor's time, and anybody can have one made: by signing in at a client of
their own, and then showing their token together with wrong secrets.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from snowflake.errors import TooManyRequests
from snowflake.store.standing import BUDGET, CLIENT_SHARE, WINDOW


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """A check that is under way or was in vain. ``at`` is a Unix time in seconds."""

    client_id: str
    at: float


class Guesses:
    """The guesses of one process. ``clock`` tells Unix time in seconds.

    Whoever guesses holds the ``turn``: else those under way, of which most may be right, would keep
    others out, or a flood of wrong ones would be under way before the first is counted.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._guesses: deque[Guess] = deque()
        self.turn = asyncio.Lock()

    def begin(self, client_id: str) -> Guess:
        """Count a guess before it is made.

        Raises:
            TooManyRequests: there were too many for this client, or in all.
        """
        now = self._clock()
        while self._guesses and self._guesses[0].at <= now - WINDOW:
            self._guesses.popleft()
        own = [guess for guess in self._guesses if guess.client_id == client_id]
        for most, guesses in ((CLIENT_SHARE, own), (BUDGET, self._guesses)):
            if len(guesses) >= most:
                wait = ceil(guesses[0].at + WINDOW - now)
                raise TooManyRequests("too many wrong client secrets; try again later", wait)
        guess = Guess(client_id, now)
        self._guesses.append(guess)
        return guess

    def was_right(self, guess: Guess) -> None:
        """Take a guess back: the secret was right."""
        if guess in self._guesses:
            self._guesses.remove(guess)
