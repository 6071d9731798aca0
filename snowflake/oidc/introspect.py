"""The introspection endpoint (RFC 7662)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.oidc.clients import presented_credentials
from snowflake.oidc.parameters import form
from snowflake.oidc.presented import presented
from snowflake.oidc.tokens import TOKEN_TYPE, AccessToken
from snowflake.state import state_of


async def introspect(request: Request) -> Response:
    """Tell the client that owns a token whether it lives, and whose it is (section 2.2)."""
    state, params = state_of(request), await form(request)
    credentials = presented_credentials(request, params, state.settings)
    found = await presented(credentials, params, state)
    if found is None:
        return JSONResponse({"active": False})
    grant, token = found.grant, found.token
    answer: dict[str, object] = {
        "active": True,
        "iss": grant.issuer,
        "sub": grant.person,
        "client_id": grant.client_id,
    }
    if isinstance(token, AccessToken):
        answer |= {name: token.claims[name] for name in ("aud", "scope", "exp", "iat", "jti")}
        answer["token_type"] = TOKEN_TYPE
    else:
        # A used one lives a little longer, for an answer that was lost; it is no longer active.
        answer |= {"scope": " ".join(grant.scopes), "exp": token.expires_at}
        answer["active"] = token.used_at is None
    return JSONResponse(answer if answer["active"] else {"active": False})
