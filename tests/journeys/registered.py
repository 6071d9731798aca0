"""Registered clients as they stand in a ``snowflake.toml``."""

import json

from tests.journeys.world import CALLBACK, CLIENT_SECRET

#: Where apps and programs on a person's device hear of a login.
APP = "app.immich:///oauth-callback"
ANOTHER_APP = "oc://android.opencloud.eu"
LOOPBACK = "http://127.0.0.1/callback"
#: Where programs that the tests start on a port of the moment take people back.
STARTED = tuple(
    f"http://localhost{path}"
    for path in (
        "/dex/callback",
        "/oauth2/callback",
        "/hub/oauth_callback",
        "/_synapse/client/oidc/callback",
        "/accounts/oidc/snowflake/login/callback/",
        "/oidc/callback/",
        "/complete/oidc/",
    )
)
#: Redirect URIs of the applications that sign in as "confidential" and "public".
REDIRECT_URIS = (
    CALLBACK,
    "https://app.example.com/source/oauth/callback/discord/",
    "https://app.example.com/cb/",
    "https://app.example.com",
    "https://app.example.com/cb?a=b",
    "regex:http://localhost:[0-9]+/members/callback",
    APP,
    ANOTHER_APP,
    LOOPBACK,
    *STARTED,
)

#: Where such programs take back whoever has signed out.
GOODBYE = "http://localhost/goodbye"


def ids(*values: str) -> str:
    """Write a list of texts as TOML has it."""
    return json.dumps(values)


def client(
    client_id: str, tables: str = "", *, public: bool = False, secret: str = CLIENT_SECRET
) -> str:
    """Write a client that is admitted or told apart by what its own ``tables`` say."""
    proof = "public = true" if public else f"secret = {json.dumps(secret)}"
    return f"""
[[clients]]
id = {json.dumps(client_id)}
name = {json.dumps(f"The {client_id} client")}
redirect_uris = {ids(*REDIRECT_URIS)}
{proof}
{tables}
"""
