"""The introspection endpoint (RFC 7662)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.errors import InvalidClient
from snowflake.oidc.authentication import authenticated
from snowflake.oidc.presented_token import OwnToken, presented_token
from snowflake.oidc.scopes import allowed, given
from snowflake.oidc.tokens import TOKEN_TYPE
from snowflake.oidc.tokens.client_token import introspected
from snowflake.protocol.bounds import MAX_FORM
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.parameters import form
from snowflake.state import state_of
from snowflake.store.refresh_tokens import RefreshToken


async def introspect(request: Request) -> Response:
    """Tell the client that owns a token whether it lives, and whose it is (section 2.2).

    Raises:
        InvalidClient: the client has not proven who it is, or is a public one, which cannot: else
            whoever has found a token could try it out (section 2.1).
    """
    state, params = state_of(request), await form(request, MAX_FORM)
    credentials = await authenticated(request, params, state)
    if credentials.is_public:
        raise InvalidClient("a client without secret may not introspect tokens")
    found = await presented_token(credentials, params, state)
    if isinstance(found, OwnToken):
        about_it = introspected(found.token, found.client, issuer_of(request))
        return JSONResponse({"active": True, **about_it, "token_type": TOKEN_TYPE})
    if found is None or (isinstance(found.token, RefreshToken) and found.token.used_at is not None):
        # A used refresh token lives a little longer for a lost answer, but is no longer active.
        return JSONResponse({"active": False})
    grant, token = found.grant, found.token
    if isinstance(token, RefreshToken):
        scope = given(grant.scopes, grant.discord_scopes, found.client)
    else:
        scope = allowed(token.scopes, found.client)
    answer: dict[str, object] = {
        "active": True,
        "iss": grant.issuer,
        "sub": grant.claims["sub"],
        "client_id": grant.client_id,
        "scope": " ".join(scope),
    }
    if isinstance(token, RefreshToken):
        ends_with_session = grant.session_ends is not None and not grant.offline
        ends = grant.session_ends if ends_with_session else None
        answer["exp"] = min(token.expires_at, ends or token.expires_at)
    else:
        answer |= {"aud": token.audience, **token.times._asdict(), "token_type": TOKEN_TYPE}
        answer |= {"jti": token.jti} if token.jti is not None else {}
    return JSONResponse(answer)
