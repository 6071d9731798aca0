"""The revocation endpoint (RFC 7009)."""

import structlog
from starlette.requests import Request
from starlette.responses import Response

from snowflake.errors import OAuthError
from snowflake.oidc.clients import Credentials, authenticated
from snowflake.oidc.presented import presented
from snowflake.protocol.parameters import form
from snowflake.state import State, state_of
from snowflake.store.grants import Grant

_log = structlog.get_logger(__name__)


async def revoke(request: Request) -> Response:
    """End the grant of a token. A token that is unknown or dead gets the same 200 (section 2.2)."""
    state, params = state_of(request), await form(request)

    # 1. The client.
    credentials = await authenticated(request, params, state)

    # 2. The token, this client's own.
    found = await presented(credentials, params, state)

    # 3. Its end.
    if found is not None:
        await state.store.grants.end(found.grant.id)
        await _revoke_at_discord(found.grant, credentials, state)
    return Response()


async def _revoke_at_discord(grant: Grant, credentials: Credentials, state: State) -> None:
    """Revoke Discord's tokens too if this was the last grant that they served.

    Discord ends all tokens of the person for the application. Should it fail, ours have ended all
    the same, and Discord's are forgotten.
    """
    if await state.store.grants.count(grant.application, grant.person):
        return
    tokens = await state.store.discord_tokens.find(grant.application, grant.person)
    if tokens is None:
        return
    await state.store.discord_tokens.forget(tokens)
    try:
        secret = credentials.application_secret
        async with state.standing.asking(grant.application, secret, credentials.caller):
            await state.discord.revoke(
                client_id=grant.application,
                client_secret=secret,
                token=tokens.refresh_token or tokens.access_token,
            )
    except OAuthError as error:
        _log.warning("discord_not_revoked", error=error.code)
