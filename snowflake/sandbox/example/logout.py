"""Being signed out by the provider's server (OpenID Connect Back-Channel Logout 1.0)."""

from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

#: What a logout token is about (section 2.4).
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
ALGORITHMS: Final = ["RS256"]


class BadLogoutToken(ValueError):
    """A logout token that is not the provider's, or not for this application."""


async def session_of(logout_token: str, provider: Any) -> str:
    """Return the ``sid`` of a logout token (section 2.6). ``provider`` is an Authlib client.

    Raises BadLogoutToken.
    """
    metadata = await provider.load_server_metadata()
    keys = KeySet.import_key_set(await provider.fetch_jwk_set())
    needed = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": provider.client_id},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
        sid={"essential": True},
    )
    try:
        token = jwt.decode(logout_token, keys, ALGORITHMS)
        needed.validate(token.claims)
    except (JoseError, ValueError) as error:
        raise BadLogoutToken("it was not signed by the provider for this application") from error
    is_logout = token.header.get("typ") == "logout+jwt" and EVENT in token.claims.get("events", {})
    if not is_logout or "nonce" in token.claims:
        raise BadLogoutToken("it is no logout token")
    return str(token.claims["sid"])
