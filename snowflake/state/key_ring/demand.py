"""What clients need of the keys."""

import math
from typing import NamedTuple

from snowflake.crypto.algorithms import BY_KEY, RS256
from snowflake.settings import Settings


class Demand(NamedTuple):
    """The ``algorithms`` by which something is signed with a key of ours.

    ``lifetime`` is how many seconds the tokens live that live longest of those that are signed now.
    """

    algorithms: tuple[str, ...]
    lifetime: int


def demand_of(settings: Settings) -> Demand:
    """Answer what clients need. RS256 always is: by it everybody else is served."""
    wanted = {RS256.name, *(client.signing_alg for client in settings.clients)}
    return Demand(
        tuple(name for name in BY_KEY if name in wanted),
        math.ceil(settings.longest_token_lifetime.total_seconds()),
    )
