"""Who has come back from Discord: asked once, and kept with our code until it is redeemed."""

import asyncio
from typing import Generic, NamedTuple, TypeVar

from pydantic import SecretStr

from snowflake.errors import Busy, InvalidGrant, OAuthError
from snowflake.oidc.authentication import faults_of_ours
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.exchange import Exchanged, exchange, taken_up
from snowflake.oidc.needs import needs_of
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.people import Fetched, fetch_newcomer
from snowflake.oidc.requested_claims import scopes_asked
from snowflake.protocol.failed_codes import Somebody, check_stranger
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.state.quota import FAILED_CODES, Quota
from snowflake.store.codes import CodeReserved, LoginReserved, Reservation, Unknown
from snowflake.store.ready_codes import ReadyCode

#: Seconds after which to come again with a code that another request is redeeming.
REDEEMING = 1
#: Seconds between two looks at a login that another request has.
PAUSE = 0.05


#: How our own code is ours: because it is reserved, or because nobody else has it.
Code = TypeVar("Code", Reservation, ReadyCode)


class Newcomer(NamedTuple, Generic[Code]):
    """Somebody new, what Discord gave for its code, and our own code or their login."""

    code: Code
    exchanged: Exchanged
    fetched: Fetched


AnyNewcomer = Newcomer[Reservation] | Newcomer[ReadyCode]


async def known_newcomer(
    note: CodeNote, credentials: Credentials, state: State
) -> Newcomer[ReadyCode] | None:
    """Answer who has come to a registered client, if the callback has found that out.

    Then nobody has to be asked, and our code is not reserved. None if it has not, or if there is
    something about the code that ``newcomer`` tells.

    Raises:
        InvalidGrant: what was found out cannot be read any more.
        TemporarilyUnavailable: the store cannot be reached.
    """
    if credentials.client.registered is None:
        return None
    expires = int(state.clock() + note.lifetime(credentials.client))
    code = await state.store.ready_codes.find(note.id, note.login, expires)
    if code is None:
        return None
    exchanged = await taken_up(code.left, credentials, state)
    fetched = exchanged.fetched
    return Newcomer(code, exchanged, fetched) if fetched is not None else None


async def newcomer(
    note: CodeNote, credentials: Credentials, state: State, *, redeeming: bool
) -> Newcomer[Reservation]:
    """Redeem Discord's code and ask who it is, with our own code reserved meanwhile.

    Unless somebody is ``redeeming`` it, it is the login alone: our code has not left us yet. What
    is reserved stays so. It is spent when Discord says that the grant is no good, and released
    at every other error, with what Discord gave for its own code, which is spent by then.

    Raises:
        CodeSpent: our code has been redeemed.
        InvalidClient: Discord does not know the Discord application and its secret.
        InvalidGrant: Discord does not accept its code.
        TemporarilyUnavailable: Discord or the store gave no usable answer, or another request is
            redeeming the code.
    """
    client, secret = credentials.client, credentials.application_secret
    needs = needs_of(client, scopes_asked(note.scope.split(), note.requested, client))
    with faults_of_ours(client):
        await state.reputation.check(client.application, secret, credentials.caller)
    if client.registered is None:
        # A registered client's person has been let in already.
        await check_stranger(note.verifier, note.caller, note.browser, state)
    limiter, codes = state.limiter, state.store.codes
    somebody = Somebody.of(FAILED_CODES, note.verifier, note.caller, note.browser, limiter)
    failures = limiter.failures
    code = await _reserve(note, client, somebody.quota, state, redeeming=redeeming)
    if not code.tried:
        somebody = somebody._replace(none_since=failures)
    exchanged = None
    try:
        if code.left is not None:
            exchanged = await taken_up(code.left, credentials, state)
        else:
            with faults_of_ours(client):
                exchanged = await exchange(note, credentials, needs, somebody, state)
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


async def _reserve(
    note: CodeNote, client: Client, quota: Quota, state: State, *, redeeming: bool
) -> Reservation:
    """Reserve a code with its login, or a login alone; whoever else is at the login is waited for.

    So a browser that comes back twice at once has been let in twice, or not at all. On the way it
    is seen whether anything of the quota has been spent.
    """
    patience, waited = state.discord.left(), 0.0
    asking = state.settings.discord_deadline.total_seconds()
    # It is sealed anew after Discord has been asked, and lives from then on.
    expires = int(state.clock() + note.lifetime(client) + asking)
    row, login = (note.id, note.login) if redeeming else (note.login or note.id, None)
    whose = Unknown(client.application, [share.owner for share in quota.shares])
    while True:
        try:
            return await state.store.codes.reserve(row, expires, asking, whose, login)
        except (CodeReserved, LoginReserved) as reserved:
            # Sent again by an impatient application, or by a proxy; it may yet be good for a login.
            is_same_code = redeeming and isinstance(reserved, CodeReserved)
            if is_same_code or waited >= patience:
                reason = "the code is being redeemed by another request; try again"
                raise Busy(reason, REDEEMING) from reserved
        await asyncio.sleep(PAUSE)
        waited += PAUSE
