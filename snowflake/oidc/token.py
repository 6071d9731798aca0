"""The token endpoint (RFC 6749, section 3.2; OpenID Connect Core 1.0, section 3.1.3)."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.errors import UnlistedGrantType, UnsupportedGrantType
from snowflake.oidc.authentication import authenticated
from snowflake.oidc.grants import GRANTS
from snowflake.oidc.grants.refresh_token import refresh_token
from snowflake.oidc.tokens.answer import mint
from snowflake.protocol.bounds import MAX_GRANT_TYPE
from snowflake.protocol.parameters import form
from snowflake.state import state_of


async def token(request: Request) -> Response:
    """Redeem a grant for tokens."""
    state, params = state_of(request), await form(request)

    # 1. The client. A grant is spent for it only if there is what signs.
    credentials = await authenticated(request, params, state)
    state.keys.signs_access_tokens(credentials.client)

    # 2. Its grant.
    grant_type = params.require("grant_type", MAX_GRANT_TYPE)
    redeem = GRANTS.get(grant_type)
    if redeem is None:
        raise UnsupportedGrantType(f"grant_type must be one of {', '.join(GRANTS)}")
    if not credentials.client.may_bring(grant_type):
        raise UnlistedGrantType("grant_type is none of this client's grant_types")
    # How whatever comes of it is called in the audit log.
    request.scope["audited"] = "refresh" if redeem is refresh_token else "login"
    with state.discord.deadline():
        redeemed = await redeem(credentials, params, state)

    # 3. The tokens. Signing is most of a login's work, and others can be served meanwhile.
    client, keys, now = credentials.client, state.keys, state.clock()
    return JSONResponse(await asyncio.to_thread(mint, redeemed, client, keys, now))
