"""The discovery document (OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2)."""

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.crypto.keys import ALGORITHM
from snowflake.oidc import authorize
from snowflake.oidc.grants import GRANTS
from snowflake.oidc.scopes import GROUP_NAMES, SCOPES
from snowflake.oidc.tokens.access_token import userinfo_url
from snowflake.protocol import paths, pkce
from snowflake.protocol.issuer import issuer_of
from snowflake.state import state_of

#: How clients authenticate; ``oidc/credentials.py`` reads them.
AUTHENTICATION_METHODS = ["client_secret_basic", "client_secret_post", "none"]
#: How clients hear of a logout, where there are sessions: their servers (Back-Channel Logout 1.0,
#: section 2.1), and in the browser (Front-Channel Logout 1.0, section 3).
LOGOUT = {
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
    "frontchannel_logout_supported": True,
    "frontchannel_logout_session_supported": True,
}
#: Issuers whose document is kept; as many as there are names by which Snowflake is reached.
KEPT = 16


async def discovery(request: Request) -> Response:
    """Say what is spoken here. Only what works is listed; what is not there is left out."""
    registry = state_of(request).registry
    return _document(
        issuer_of(request),
        ends_sessions=registry.ends_sessions,
        keeps_sessions=registry.keeps_sessions,
        names_groups=registry.names_groups,
    )


@lru_cache(KEPT)
def _document(
    issuer: str, *, ends_sessions: bool, keeps_sessions: bool, names_groups: bool
) -> Response:
    document = {
        "issuer": issuer,
        **(LOGOUT if keeps_sessions else {}),
        "authorization_endpoint": issuer + paths.AUTHORIZE,
        "token_endpoint": issuer + paths.TOKEN,
        "userinfo_endpoint": userinfo_url(issuer),
        "revocation_endpoint": issuer + paths.REVOKE,
        "introspection_endpoint": issuer + paths.INTROSPECT,
        # Where it cannot lead back to the application, logging out is better left to that.
        **({"end_session_endpoint": issuer + paths.END_SESSION} if ends_sessions else {}),
        "jwks_uri": issuer + paths.JWKS,
        "scopes_supported": list(SCOPES),
        "claims_supported": [
            *("iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "jti"),
            *(["sid"] if keeps_sessions else []),
            *(
                claim
                for scope in SCOPES.values()
                for claim in scope.claims
                if names_groups or claim not in GROUP_NAMES
            ),
        ],
        "response_types_supported": [authorize.RESPONSE_TYPE],
        "response_modes_supported": [authorize.RESPONSE_MODE],
        "grant_types_supported": list(GRANTS),
        # Discord shows its page to somebody new, so that without sessions none is no promise.
        "prompt_values_supported": [
            name for name in authorize.PROMPTS if keeps_sessions or name != "none"
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": AUTHENTICATION_METHODS,
        "revocation_endpoint_auth_methods_supported": AUTHENTICATION_METHODS,
        # A public client cannot prove that a token is its own.
        "introspection_endpoint_auth_methods_supported": AUTHENTICATION_METHODS[:-1],
        "code_challenge_methods_supported": [pkce.METHOD],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        # Its default is true (OpenID Connect Discovery 1.0, section 3).
        "request_uri_parameter_supported": False,
    }
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=3600"})
