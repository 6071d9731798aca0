"""The end session endpoint (OpenID Connect RP-Initiated Logout 1.0).

Snowflake keeps no session with a browser, so there is none to end: the person is sent back to where
the application asks for, if that is one of its registered URIs, and is told so otherwise.
"""

from starlette.requests import Request
from starlette.responses import Response

from snowflake.crypto.keys import MAX_TOKEN
from snowflake.errors import InvalidRequest
from snowflake.oidc import redirects
from snowflake.oidc.authorize import MAX_STATE
from snowflake.oidc.clients import MAX_LENGTH, find_client
from snowflake.oidc.tokens import BAD_HINT, MAX_FORM, read_hint
from snowflake.protocol.parameters import Parameters, query_or_form
from snowflake.protocol.redirect import redirect
from snowflake.state import State, state_of
from snowflake.uris import with_parameters
from snowflake.web.pages import Message, error_page

SIGNED_OUT = Message(
    title="You have signed out",
    explanation=(
        "The service that you used has ended your session. You are still signed in to Discord."
    ),
    advice="You can close this page.",
)


async def end_session(request: Request) -> Response:
    """Send the person back after a logout (section 3)."""
    state, params = state_of(request), await query_or_form(request, MAX_FORM)
    sent = params.at_most("post_logout_redirect_uri", redirects.MAX_LENGTH)
    if sent is None:
        return error_page(request, SIGNED_OUT, status=200)

    # 1. The client.
    client = find_client(await _client_id(params, state), state)

    # 2. Its URI. Whoever has none registered has perhaps only read of this endpoint.
    known = client.registered.post_logout_redirect_uris if client.registered is not None else ()
    if not known:
        return error_page(request, SIGNED_OUT, status=200)
    redirects.check_known("post_logout_redirect_uri", sent, known, state.settings)

    # 3. Back.
    parameters = {"state": params.at_most("state", MAX_STATE)}
    return redirect(with_parameters(sent, parameters))


async def _client_id(params: Parameters, state: State) -> str:
    client_id = params.at_most("client_id", MAX_LENGTH)
    hint = params.at_most("id_token_hint", MAX_TOKEN)
    if hint is None:
        if client_id is None:
            raise InvalidRequest("client_id or id_token_hint is missing")
        return client_id
    try:
        hinted = await read_hint(hint, state)
    except ValueError as error:
        raise InvalidRequest(BAD_HINT) from error
    if client_id not in {None, hinted.client_id}:
        raise InvalidRequest("id_token_hint was issued to another client")
    return hinted.client_id
