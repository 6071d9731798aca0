"""One at a time works on one person, across all processes.

A refresh token of the upstream provider may work once, and what is put at Discord last must be what
the store has.
"""

import math
from contextlib import AbstractAsyncContextManager
from typing import Final

from snowflake.settings import Settings
from snowflake.store.leases import Leases

#: Seconds that the upstream provider and the store may take for one person, beyond those for
#: which Discord may be asked.
ASKING: Final = 60
#: Seconds for which to wait until somebody else is done with a person.
PATIENCE: Final = 10.0


def alone(person: str, settings: Settings, leases: Leases) -> AbstractAsyncContextManager[None]:
    """Be the only one, among all processes, who works on a person's link.

    Raises:
        TemporarilyUnavailable: somebody else is at it for too long.
    """
    return leases.hold(f"link {person}", longest(settings), PATIENCE)


def longest(settings: Settings) -> int:
    """Answer the seconds after which nobody is at work on a person any more who was alone."""
    # A sync may renew a pair of tokens, put what is new, and take it back.
    return ASKING + 3 * math.ceil(settings.discord_deadline.total_seconds())
