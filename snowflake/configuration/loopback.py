"""Whether HTTP within the machine is good enough, which the operator may forbid."""

from typing import Final

from snowflake.settings import Settings
from snowflake.uris.registered import is_plain_http

HTTPS: Final = "must be https:// while treat_loopback_as_secure is false"


def carries_secrets(uri: str, settings: Settings) -> bool:
    """Whether a URI that a table has let pass may carry a login here."""
    return settings.treat_loopback_as_secure or not is_plain_http(uri)
