"""The authorization code grant (RFC 6749, section 4.1.3)."""

import structlog

from snowflake.crypto.sealing import BadNote
from snowflake.errors import InvalidClient, InvalidGrant, TooManyRequests
from snowflake.oidc import redirects
from snowflake.oidc.authentication import is_known_good
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.grants.granting import front_grant_of
from snowflake.oidc.grants.lifetimes import is_refreshable
from snowflake.oidc.grants.redeeming import admitted, redeemed
from snowflake.oidc.newcomers import AnyNewcomer
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.tokens import Redeemed
from snowflake.protocol import pkce
from snowflake.protocol.bounds import MAX_CODE, MAX_REDIRECT_URI
from snowflake.protocol.parameters import Parameters
from snowflake.state import State
from snowflake.store.codes import CodeSpent

_log = structlog.get_logger(__name__)


async def authorization_code(
    credentials: Credentials, params: Parameters, state: State
) -> Redeemed:
    """Redeem a code of the callback, once.

    Discord checks the secret of a Discord application. A wrong secret or an outage does not use
    the code up. The client's own replay ends the grant that it made (RFC 6749, section 4.1.2).

    Raises:
        InvalidGrant: the code is not this client's, for another redirect URI, expired or used, or
            another request has redeemed it while this one was stalled.
        AccessDenied: the person may not sign in to this client.
        InvalidClient: the secret is wrong, or a public client used no PKCE.
        TemporarilyUnavailable: Discord or the store gave no usable answer, or another request is
            redeeming the code.
    """
    # 1. The code, this client's own.
    note = _open(credentials, params, state)

    # 2. What it is bound to.
    redirect_uri = params.require("redirect_uri", MAX_REDIRECT_URI)
    redirects.check_repeated(redirect_uri, note, credentials.client)
    pkce.check_verifier(note.code_challenge, params.get("code_verifier"))
    if credentials.is_public and note.code_challenge is None:
        # Discord would take our own verifier for the application's.
        raise InvalidClient("a client without secret must use PKCE")
    refreshable = is_refreshable(credentials, params)

    # 3. Discord's tokens, who it is, and whether they may sign in.
    came = await _newcomer(note, credentials, state)

    # 4. The grant.
    return await redeemed(note, came, credentials, state, refreshable=refreshable)


def _open(credentials: Credentials, params: Parameters, state: State) -> CodeNote:
    code = params.require("code", MAX_CODE)
    lifetime = credentials.client.code_lifetime.total_seconds()
    try:
        note = state.sealer.open(CodeNote, code, lifetime, state.clock())
    except BadNote as error:
        raise InvalidGrant("the code is expired or not one of ours") from error
    if note.client_id != credentials.client_id:
        raise InvalidGrant("the code was issued to another client")
    if note.device is not None:
        # It would get round the person's answer.
        raise InvalidGrant("the code is for a device, which has a code of its own")
    return note


async def _newcomer(note: CodeNote, credentials: Credentials, state: State) -> AnyNewcomer:
    """Ask who has come, and whether they may."""
    try:
        return await admitted(note, credentials, state)
    except CodeSpent as spent:
        if spent.grant_id is not None:
            await _end_replayed(spent.grant_id, credentials, state)
        raise InvalidGrant("the code has been used") from spent


async def _end_replayed(grant_id: str, credentials: Credentials, state: State) -> None:
    """End the grants of a code that comes again, if it is its client that brings it.

    Codes stand in URLs, in histories and in logs: who has found a spent one there, but has not the
    client's secret, must not sign people out with it.
    """
    grant = await state.store.grants.find(grant_id)
    if grant is None:
        return
    try:
        is_client = await is_known_good(credentials, grant.secret_hash, state)
    except TooManyRequests:
        # To come again later is of no use with a spent code.
        is_client = False
    if not is_client:
        _log.warning("code_replayed_by_stranger")
        return
    _log.warning("code_replayed")
    await state.store.grants.end(grant_id)
    await state.store.grants.end(front_grant_of(grant_id))
