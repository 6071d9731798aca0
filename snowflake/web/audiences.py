"""Whom each path is for."""

from typing import Final

from snowflake.linked_roles.paths import EVENTS, HOOK
from snowflake.protocol.paths import (
    AUTHORIZATION_SERVER,
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

#: Paths that scripts of other origins may call. They look at no cookies.
CROSS_ORIGIN: Final = frozenset(
    {OPENID_CONFIGURATION, AUTHORIZATION_SERVER, JWKS, WEBFINGER, TOKEN, USERINFO, REVOKE}
)
#: Paths whose errors are for applications: JSON. All others are for people: pages.
FOR_APPLICATIONS: Final = CROSS_ORIGIN | {INTROSPECT, HEALTH, READY, HOOK, EVENTS}
#: Paths that answer by any host name and over plain HTTP, to whoever watches the process.
UNGUARDED: Final = frozenset({HEALTH, READY})
#: Paths that machines ask for all the time, and that tell nothing about anybody.
POLLED: Final = UNGUARDED | {OPENID_CONFIGURATION, AUTHORIZATION_SERVER, JWKS}
