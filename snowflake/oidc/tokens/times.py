"""From when until when a token is good."""

from typing import NamedTuple

from snowflake.settings.client import Client
from snowflake.store.grants import Grant


class Times(NamedTuple):
    """When a token is issued and when it ends, Unix times in seconds, as its claims have them."""

    iat: int
    exp: int


def times_of(grant: Grant, client: Client, now: float) -> Times:
    """Answer the times of a token that is issued now.

    It is not told to live longer than its grant does, or its session.
    """
    issued = int(now)
    ends = [grant.expires_at, *([grant.session_ends] if grant.session_ends is not None else [])]
    return Times(issued, min(issued + int(client.token_lifetime.total_seconds()), *ends))
