"""The token endpoint (RFC 6749, section 3.2; OpenID Connect Core 1.0, section 3.1.3)."""

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.errors import UnlistedGrantType, UnsupportedGrantType
from snowflake.oidc.authentication import authenticated
from snowflake.oidc.grants import GRANTS
from snowflake.oidc.scopes import claims_of_machine
from snowflake.oidc.tokens.answer import mint
from snowflake.oidc.tokens.client_token import ClientToken, answer_with
from snowflake.protocol.bounds import MAX_GRANT_TYPE
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.parameters import Parameters, form
from snowflake.settings.tables.clients.machines import CLIENT_CREDENTIALS
from snowflake.state import state_of
from snowflake.telemetry.audit import Event

#: How the audit log calls what comes of a grant type, if it is no login of a person.
_EVENTS: Final[Mapping[str, Event]] = {
    "refresh_token": "refresh",
    CLIENT_CREDENTIALS: "client_login",
}


async def token(request: Request) -> Response:
    """Redeem a grant for tokens."""
    state, params = state_of(request), await form(request)
    # How whatever comes of it is called in the audit log, a refusal of the client too.
    request.scope["audited"] = _event_of(params)

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
    with state.discord.deadline():
        redeemed = await redeem(credentials, params, state)

    # 3. The tokens. Signing is most of a login's work, and others can be served meanwhile.
    client, keys, now = credentials.client, state.keys, state.clock()
    if isinstance(redeemed, ClientToken):
        claims = claims_of_machine(redeemed.kept.scopes, client, credentials.asserted)
        issuer = issuer_of(request)
        answer = await asyncio.to_thread(answer_with, redeemed, claims, client, issuer, keys)
    else:
        answer = await asyncio.to_thread(mint, redeemed, client, keys, now)
    return JSONResponse(answer)


def _event_of(params: Parameters) -> Event:
    # As it came: whether it may be sent so is said in its turn.
    sent = dict(params.pairs).get("grant_type", "")
    return _EVENTS.get(sent, "login")
