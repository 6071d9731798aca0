"""The paths of the provider, below the issuer. Those of linked roles are in ``linked_roles``."""

from typing import Final

AUTHORIZE: Final = "/authorize"
#: Where Discord sends people back to who sign in to a Discord application. The application's own
#: redirect URI follows.
FORWARDING: Final = "/r/"
#: Where Discord sends people back to who sign in to a registered client.
CALLBACK: Final = "/callback"
#: A person's own page.
ACCOUNT: Final = "/account"
#: Where Snowflake itself asks what an application may learn.
CONSENT: Final = "/consent"
TOKEN: Final = "/token"  # noqa: S105
USERINFO: Final = "/userinfo"
REVOKE: Final = "/revoke"
INTROSPECT: Final = "/introspect"
#: Where applications send people who have logged out.
END_SESSION: Final = "/logout"
JWKS: Final = "/.well-known/jwks.json"
OPENID_CONFIGURATION: Final = "/.well-known/openid-configuration"
#: The same document, by its name in RFC 8414.
AUTHORIZATION_SERVER: Final = "/.well-known/oauth-authorization-server"
WEBFINGER: Final = "/.well-known/webfinger"
HEALTH: Final = "/health"
READY: Final = "/ready"
