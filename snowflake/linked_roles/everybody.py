"""Which failures are of one person alone, and which everybody else would meet as well."""

from typing import Final

from snowflake.errors import (
    DiscordDown,
    InvalidClient,
    OAuthError,
    UpstreamError,
    UpstreamRefused,
    UpstreamStep,
)

#: Failures of all in a row after which it is no use to go on. A single one may be a hiccup.
MOST_FAILURES: Final = 3

#: What is asked of the upstream provider before it looks at anybody, or with our credentials.
_COMMON: Final[frozenset[UpstreamStep]] = frozenset({"discovery", "token", "jwks"})


def concerns_all(error: OAuthError | UpstreamError) -> bool:
    """Whether others would fail as well: a side is out, or does not know us."""
    if isinstance(error, UpstreamRefused):
        return False
    if isinstance(error, UpstreamError):
        return error.step in _COMMON
    return isinstance(error, DiscordDown | InvalidClient)
