"""Discord's answers of 401, 403 and 429: 10,000 of them in 10 minutes, and our address is banned.

They are counted here, and told to the store for all processes off the path of the request that got
them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from snowflake.errors import TemporarilyUnavailable
from snowflake.store.attempts import Attempts, Share

#: Invalid answers in a window from which nobody may ask but those whose secret is known to be
#: right.
MOST: Final = 5000
_OWNER: Final = "invalid answers"


@dataclass(slots=True)
class Heard:
    """What a block has heard of Discord: whether there was an ``invalid`` answer."""

    invalid: bool = False


#: An error does not tell: Discord may have been asked again after such an answer, or not be asked
#: again because of it.
_heard: ContextVar[Heard | None] = ContextVar("heard", default=None)


class InvalidAnswers:
    """The invalid answers of this process, until the store knows of them."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts, self._noted = attempts, 0

    async def note(self) -> None:
        """Count an answer, whoever caused it."""
        self._noted += 1
        heard = _heard.get()
        if heard is not None:
            heard.invalid = True

    @contextmanager
    def hearing(self) -> Iterator[Heard]:
        """Watch for the answers that the block causes, and nobody else."""
        heard = Heard()
        token = _heard.set(heard)
        try:
            yield heard
        finally:
            _heard.reset(token)

    async def settle(self) -> None:
        """Tell the store of the answers that it has not heard of.

        Raises:
            TemporarilyUnavailable: it cannot be reached; they are kept for the next time.
        """
        noted, self._noted = self._noted, 0
        if not noted:
            return
        try:
            await self._attempts.count([Share(_OWNER, MOST, noted)])
        except TemporarilyUnavailable:
            self._noted += noted
            raise

    @property
    def share(self) -> Share:
        """The share that they spend, which an attempt needs besides its own."""
        return Share(_OWNER, MOST, 0)
