"""The revocation endpoint (RFC 7009)."""

from starlette.requests import Request
from starlette.responses import Response

from snowflake.oidc.authentication import authenticated
from snowflake.oidc.grants.granting import front_grant_of
from snowflake.oidc.presented_token import OwnToken, presented_token
from snowflake.protocol.bounds import MAX_FORM
from snowflake.protocol.parameters import form
from snowflake.state import state_of
from snowflake.state.renewal import end
from snowflake.telemetry.audit import audit


async def revoke(request: Request) -> Response:
    """End the grant of a token, and Discord's tokens if it was the last that they served.

    A token that is unknown or dead gets the same 200 (section 2.2).
    """
    state, params = state_of(request), await form(request, MAX_FORM)

    # 1. The client.
    credentials = await authenticated(request, params, state)

    # 2. The token, this client's own or that of one for which it acts.
    found = await presented_token(credentials, params, state)

    # 3. Its end.
    if isinstance(found, OwnToken):
        await state.store.client_tokens.end(found.token.name)
        audit("revocation", "ended", subject=found.token.kept.subject)
    elif found is not None:
        await state.store.grants.end(found.grant.id)
        # What came with its code is of the same login (RFC 7009, section 2.1).
        await state.store.grants.end(front_grant_of(found.grant.id))
        audit("revocation", "ended", person=found.grant.person)
        await end(
            found.grant.application,
            found.grant.person,
            credentials.application_secret,
            credentials.caller,
            state,
        )
    return Response()
