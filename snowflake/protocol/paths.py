"""The paths of the provider, below the issuer. Those of linked roles are in ``linked_roles``."""

from typing import Final

from snowflake.settings.issuers import CLIENTS

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
#: Where devices without a browser begin, and where people allow them.
DEVICE_AUTHORIZATION: Final = "/device_authorization"
DEVICE: Final = "/device"
USERINFO: Final = "/userinfo"
REVOKE: Final = "/revoke"
INTROSPECT: Final = "/introspect"
#: Where applications send people who have logged out.
END_SESSION: Final = "/logout"
JWKS: Final = "/.well-known/jwks.json"
OPENID_CONFIGURATION: Final = "/.well-known/openid-configuration"
#: The same document, by its name in RFC 8414.
AUTHORIZATION_SERVER: Final = "/.well-known/oauth-authorization-server"
#: The same of a client's own issuer, behind which its documents are as those of everybody's.
OPENID_CONFIGURATION_OF_CLIENT: Final = CLIENTS + "{client_id}" + OPENID_CONFIGURATION
AUTHORIZATION_SERVER_OF_CLIENT: Final = CLIENTS + "{client_id}" + AUTHORIZATION_SERVER
JWKS_OF_CLIENT: Final = CLIENTS + "{client_id}" + JWKS
#: RFC 8414, section 3.1, puts the path of an issuer behind the well-known name.
AUTHORIZATION_SERVER_FOR_CLIENT: Final = AUTHORIZATION_SERVER + CLIENTS + "{client_id}"
WEBFINGER: Final = "/.well-known/webfinger"
HEALTH: Final = "/health"
READY: Final = "/ready"
