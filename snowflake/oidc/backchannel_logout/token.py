"""Logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.4)."""

import secrets
from typing import Final

from snowflake.crypto.keys import Signer
from snowflake.oidc.tokens.encryption import encrypted_for
from snowflake.settings.client import Client
from snowflake.store.logout_deliveries import Delivery

#: The ``typ`` of logout tokens, which no other token has: one may not pass for an ID token.
LOGOUT_TOKEN_TYPE: Final = "logout+jwt"  # noqa: S105
#: What has happened, as it is named in ``events``.
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
#: Seconds for which one is good: as short as the specification recommends.
LIFETIME: Final = 120


def logout_token(delivery: Delivery, client: Client, key: Signer, now: float) -> str:
    """Sign a new logout token for a client, encrypted as its ID tokens. ``now`` is a Unix time.

    The issuer is the one below which the person signed in there, by the name that it has for the
    client now. There is no ``nonce``: the specification forbids it, so that nobody takes the token
    for an ID token.
    """
    issued = int(now)
    claims = {
        "iss": client.issuer_below(delivery.issuer),
        "aud": client.id,
        "iat": issued,
        "exp": issued + LIFETIME,
        "jti": secrets.token_urlsafe(16),
        "sub": delivery.subject,
        **({"sid": delivery.sid} if client.wants_sid_at_logout else {}),
        "events": {LOGOUT_EVENT: {}},
    }
    signed = key.sign(claims, LOGOUT_TOKEN_TYPE)
    return encrypted_for(client, signed, iss=delivery.issuer)
