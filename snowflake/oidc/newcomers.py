"""Who has come back from Discord: asked once, and kept with our code until it is redeemed."""

from typing import NamedTuple

from pydantic import SecretStr

from snowflake.errors import InvalidGrant, OAuthError, TemporarilyUnavailable
from snowflake.oidc.authentication import faults_of_ours
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.exchange import Exchanged, exchange
from snowflake.oidc.needs import needs_of
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.people import Fetched, fetch_newcomer
from snowflake.protocol.failed_codes import check_stranger
from snowflake.state import State
from snowflake.store.codes import CodeReserved, Reservation

#: Seconds after which to come again with a code that another request is redeeming.
REDEEMING = 1


class Newcomer(NamedTuple):
    """Somebody new, what Discord gave for its code, and our own code, reserved."""

    code: Reservation
    exchanged: Exchanged
    fetched: Fetched


async def newcomer(note: CodeNote, credentials: Credentials, state: State) -> Newcomer:
    """Redeem Discord's code and ask who it is, with our own code reserved meanwhile.

    Our code stays reserved. It is spent when Discord says that the grant is no good, and released
    at every other error, with what Discord gave for its own code, which is spent by then.

    Raises:
        CodeSpent: our code has been redeemed.
        InvalidClient: Discord does not know the Discord application and its secret.
        InvalidGrant: Discord does not accept its code.
        TemporarilyUnavailable: Discord or the store gave no usable answer, or another request is
            redeeming the code.
    """
    client, secret = credentials.client, credentials.application_secret
    needs = needs_of(client, note.scope.split())
    with faults_of_ours(client):
        await state.reputation.check(client.application, secret, credentials.caller)
    if client.registered is None:
        # A registered client's person has been let in already.
        await check_stranger(note.verifier, note.caller, note.browser, state)
    code, codes = await _reserve(note, client.application, state), state.store.codes
    exchanged = None
    try:
        with faults_of_ours(client):
            exchanged = await exchange(note, credentials, needs, code.left, state)
        fetched = exchanged.fetched
        if fetched is None:
            access_token = SecretStr(exchanged.access_token)
            fetched = await fetch_newcomer(needs, exchanged.scopes, access_token, state)
    except InvalidGrant:
        await codes.spend(code)
        raise
    except OAuthError:
        await codes.release(code, state.sealer.seal(exchanged) if exchanged else code.left)
        raise
    return Newcomer(code, exchanged, fetched)


async def _reserve(note: CodeNote, application: str, state: State) -> Reservation:
    settings = state.settings
    asking = settings.discord_deadline.total_seconds()
    # It is sealed anew after Discord has been asked, and lives from then on.
    expires = int(state.clock() + settings.code_lifetime.total_seconds() + asking)
    try:
        return await state.store.codes.reserve(note.id, expires, asking, application)
    except CodeReserved as reserved:
        # Sent again by an impatient application, or by a proxy; it may yet be good for a login.
        raise TemporarilyUnavailable(
            "the code is being redeemed by another request; try again", REDEEMING
        ) from reserved
