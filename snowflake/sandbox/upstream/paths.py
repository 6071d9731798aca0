"""Where the endpoints are, and those of them that can fail."""

from typing import Final, Literal

BASE: Final = "/application/o"
#: The provider's own name for its one application, which is part of its issuer.
SLUG: Final = "snowflake"

Route = Literal["discovery", "jwks", "par", "authorize", "token", "userinfo", "revoke"]
"""The routes that can fail."""

ROUTES: Final[dict[str, Route]] = {
    f"{BASE}/{SLUG}/.well-known/openid-configuration": "discovery",
    f"{BASE}/{SLUG}/jwks/": "jwks",
    f"{BASE}/par/": "par",
    f"{BASE}/authorize/": "authorize",
    f"{BASE}/token/": "token",
    f"{BASE}/userinfo/": "userinfo",
    f"{BASE}/revoke/": "revoke",
}
"""Path → the name by which a test lets it fail."""
