"""What whoever shows a token hears of it, and what the log says."""

from typing import Any, Final

import structlog

from snowflake.errors import InvalidClient

UNTRUSTED: Final = "the JWT is not one that this client trusts; the log of Snowflake says why"

_log = structlog.get_logger(__name__)
# What JSON has.
Claims = dict[str, Any]


def refused(reason: str, **more: object) -> InvalidClient:
    """Say in the log why a token does not count, and answer an error that does not."""
    _log.warning("assertion_refused", reason=reason, **more)
    return InvalidClient(UNTRUSTED)
