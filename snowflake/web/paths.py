"""The paths that are known by name, and whom each is for."""

from starlette.requests import Request

OPENID_CONFIGURATION = "/.well-known/openid-configuration"
AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server"
JWKS = "/.well-known/jwks.json"
WEBFINGER = "/.well-known/webfinger"
TOKEN = "/token"  # noqa: S105
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
FOR_APPLICATIONS = CROSS_ORIGIN | {INTROSPECT, HEALTH, READY}
#: Paths that answer by any host name and over plain HTTP, to whoever watches the process.
UNGUARDED = frozenset({HEALTH, READY})


def local_path(request: Request) -> str:
    """Answer the path below the base path, which a proxy may have stripped or not."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))
