"""Where what is (OpenID Connect Discovery 1.0), and the keys (RFC 7517)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.sandbox.upstream.paths import BASE, SLUG
from snowflake.sandbox.upstream.signing import ALGORITHM
from snowflake.sandbox.upstream.state import State

SCOPES: Final = ("openid", "profile", "email", "groups", "offline_access")


def issuer_at(origin: str) -> str:
    """Return the issuer of a provider that is reached at an origin. It ends with a slash."""
    return f"{origin}{BASE}/{SLUG}/"


def issuer_of(request: Request) -> str:
    """Return the issuer, as the provider is reached by this request."""
    return issuer_at(str(request.base_url).rstrip("/"))


class Discovery:
    """The documents that need no authentication."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def document(self, request: Request) -> Response:
        """``GET …/.well-known/openid-configuration``."""
        issuer = issuer_of(request)
        endpoints = issuer.removesuffix(f"{SLUG}/")
        pushed = {"pushed_authorization_request_endpoint": f"{endpoints}par/"}
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{endpoints}authorize/",
                "token_endpoint": f"{endpoints}token/",
                "userinfo_endpoint": f"{endpoints}userinfo/",
                "revocation_endpoint": f"{endpoints}revoke/",
                "jwks_uri": f"{issuer}jwks/",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "client_secret_basic",
                ],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": list(SCOPES),
                "authorization_response_iss_parameter_supported": True,
                **(pushed if self._state.takes_pushed else {}),
            }
        )

    async def jwks(self, _: Request) -> Response:
        """``GET …/jwks/``."""
        return JSONResponse({"keys": self._state.signer.published})
