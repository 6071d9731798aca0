"""Whom each path is for."""

from typing import Final

from snowflake.linked_roles.paths import EVENTS, HOOK
from snowflake.protocol.paths import (
    AUTHORIZATION_SERVER,
    DEVICE_AUTHORIZATION,
    HEALTH,
    INTROSPECT,
    JWKS,
    OPENID_CONFIGURATION,
    READY,
    REVOKE,
    TOKEN,
    USERINFO,
    WEBFINGER,
)
from snowflake.settings.issuers import CLIENTS

#: Paths that scripts of other origins may call. They look at no cookies.
CROSS_ORIGIN: Final = frozenset(
    {
        *(OPENID_CONFIGURATION, AUTHORIZATION_SERVER, JWKS, WEBFINGER),
        *(TOKEN, DEVICE_AUTHORIZATION, USERINFO, REVOKE),
    }
)
#: Where the documents of single clients' issuers are, for the same scripts.
OF_ISSUERS: Final = (CLIENTS, AUTHORIZATION_SERVER + "/")
#: Paths whose errors are for applications: JSON. All others are for people: pages.
FOR_APPLICATIONS: Final = CROSS_ORIGIN | {INTROSPECT, HEALTH, READY, HOOK, EVENTS}
#: Paths that answer by any host name and over plain HTTP, to whoever watches the process.
UNGUARDED: Final = frozenset({HEALTH, READY})
#: Paths that machines ask for all the time, and that tell nothing about anybody.
POLLED: Final = UNGUARDED | {OPENID_CONFIGURATION, AUTHORIZATION_SERVER, JWKS}


def is_cross_origin(path: str) -> bool:
    """Whether scripts of other origins may call a path."""
    return path in CROSS_ORIGIN or path.startswith(OF_ISSUERS)


def is_for_applications(path: str) -> bool:
    """Whether the errors of a path are for applications."""
    return path in FOR_APPLICATIONS or path.startswith(OF_ISSUERS)


def is_polled(path: str) -> bool:
    """Whether machines ask for a path all the time."""
    return path in POLLED or path.startswith(OF_ISSUERS)
