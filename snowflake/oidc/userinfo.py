"""The UserInfo endpoint (OpenID Connect Core 1.0, section 5.3)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.errors import MissingToken, TokenSentTwice
from snowflake.oidc.tokens import claims_within, grant_of, read_access_token
from snowflake.protocol.parameters import FORM, content_type, form
from snowflake.state import state_of


async def userinfo(request: Request) -> Response:
    """Answer the claims of the person whose access token was sent, as the grant has them."""
    state = state_of(request)
    token = await read_access_token(await _bearer_token(request), state)
    grant = await grant_of(token, state)
    return JSONResponse(claims_within(grant.claims, token.scopes))


async def _bearer_token(request: Request) -> str:
    """Take the token from the header or from a form (RFC 6750, sections 2.1 and 2.2)."""
    scheme, _, in_header = request.headers.get("authorization", "").partition(" ")
    in_header = in_header.strip() if scheme.lower() == "bearer" else ""
    in_form = None
    if request.method == "POST" and content_type(request) == FORM:
        in_form = (await form(request)).get("access_token")
    if in_header and in_form:
        raise TokenSentTwice("the access token was sent twice")
    token = in_header or in_form
    if not token:
        raise MissingToken("send the access token in the Authorization header")
    return token
