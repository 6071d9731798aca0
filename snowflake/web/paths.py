"""The paths that are known by name, and whom each is for. They stand below the base path."""

from snowflake.linked_roles.paths import EVENTS, HOOK

OPENID_CONFIGURATION = "/.well-known/openid-configuration"
AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server"
JWKS = "/.well-known/jwks.json"
WEBFINGER = "/.well-known/webfinger"
TOKEN = "/token"  # noqa: S105
#: What is before the redirect URI in the path at which Discord sends people back.
FORWARDING = "/r/"
USERINFO = "/userinfo"
REVOKE = "/revoke"
INTROSPECT = "/introspect"
HEALTH = "/health"
READY = "/ready"

#: Paths that scripts of other origins may call. They look at no cookies.
CROSS_ORIGIN = frozenset(
    {OPENID_CONFIGURATION, AUTHORIZATION_SERVER, JWKS, WEBFINGER, TOKEN, USERINFO, REVOKE}
)
#: Paths whose errors are for applications: JSON. All others are for people: pages.
FOR_APPLICATIONS = CROSS_ORIGIN | {INTROSPECT, HEALTH, READY, HOOK, EVENTS}
#: Paths that answer by any host name and over plain HTTP, to whoever watches the process.
UNGUARDED = frozenset({HEALTH, READY})
#: Paths that machines ask for all the time, and that tell nothing about anybody.
POLLED = UNGUARDED | {OPENID_CONFIGURATION, AUTHORIZATION_SERVER, JWKS}
