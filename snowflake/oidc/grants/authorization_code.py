"""The authorization code grant (RFC 6749, section 4.1.3)."""

from contextlib import suppress

import structlog
from pydantic import SecretStr

from snowflake.errors import InvalidClient, InvalidGrant, OAuthError, TemporarilyUnavailable
from snowflake.metrics import LOGINS
from snowflake.oidc import pkce, redirects, scopes
from snowflake.oidc.clients import Credentials
from snowflake.oidc.exchange import Exchanged, exchange
from snowflake.oidc.grants.lifetimes import expires_at, is_refreshable
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.parameters import MAX_SIZE, Parameters
from snowflake.oidc.people import Fetched, fetch_newcomer
from snowflake.oidc.tokens import Redeemed
from snowflake.sealing import BadNote
from snowflake.state import State
from snowflake.store.codes import CodeUsed
from snowflake.store.grants import Grant

_log = structlog.get_logger(__name__)


async def authorization_code(
    credentials: Credentials, params: Parameters, state: State
) -> Redeemed:
    """Redeem a code of the callback, once.

    Discord checks the client's secret. A wrong secret or an outage does not use the code up; a
    replay ends the grant that the code made (RFC 6749, section 4.1.2).

    Raises:
        InvalidGrant: the code is not this client's, for another redirect URI, expired or used.
        InvalidClient: the secret is wrong, or a public client used no PKCE.
        TemporarilyUnavailable: Discord or the store gave no usable answer.
    """
    # 1. The code, this client's own.
    note = _open(credentials, params, state)

    # 2. What it is bound to.
    redirect_uri = params.require("redirect_uri", redirects.MAX_LENGTH)
    if redirects.unwrap(redirect_uri, note.issuer) != note.redirect_uri:
        raise InvalidGrant("redirect_uri is not the one of the authorization request")
    pkce.check_verifier(note.code_challenge, params.get("code_verifier"))
    if credentials.secret is None and note.code_challenge is None:
        # Discord would take our own verifier for the application's.
        raise InvalidClient("a client without secret must use PKCE")
    refreshable = is_refreshable(credentials, params)

    # 3. Discord's tokens, then who it is.
    exchanged, fetched = await _ask_discord(note, credentials, state)
    person = fetched.person

    # 4. The grant.
    granted = scopes.granted(note.scope.split(), exchanged.scopes)
    grant = Grant(
        client_id=note.client_id,
        application=note.client_id,
        person=person.user.id,
        issuer=note.issuer,
        scopes=tuple(granted),
        claims=scopes.claims_of(person, granted),
        auth_time=note.auth_time,
        expires_at=expires_at(state, refreshable=refreshable),
        secret_hash=exchanged.secret_hash,
        claims_at=int(state.clock() - fetched.age),
    )
    tokens = exchanged.stored(note.client_id, person.user.id)
    try:
        refresh_token = await state.store.logins.save(
            note.id, grant, tokens, fetched.learnt, refreshable=refreshable
        )
    except TemporarilyUnavailable:
        with suppress(TemporarilyUnavailable):
            await state.store.codes.release(note.id, state.sealer.seal(exchanged))
        raise
    LOGINS.labels("completed").inc()
    return Redeemed(grant, grant.scopes, refresh_token, note.nonce)


def _open(credentials: Credentials, params: Parameters, state: State) -> CodeNote:
    code = params.require("code", MAX_SIZE)
    lifetime = state.settings.code_lifetime.total_seconds()
    try:
        note = state.sealer.open(CodeNote, code, lifetime, state.clock())
    except BadNote as error:
        raise InvalidGrant("the code is expired or not one of ours") from error
    if note.client_id != credentials.client_id:
        raise InvalidGrant("the code was issued to another client")
    return note


async def _ask_discord(
    note: CodeNote, credentials: Credentials, state: State
) -> tuple[Exchanged, Fetched]:
    """Redeem Discord's code and ask who it is, with our own code reserved meanwhile.

    It is spent when Discord says that the grant is no good, and released at every other error.
    """
    await state.standing.check(note.client_id, credentials.secret, credentials.caller)
    left, codes = await _reserve(note, state), state.store.codes
    exchanged = None
    try:
        exchanged = await exchange(note, credentials, left, state)
        granted = scopes.granted(note.scope.split(), exchanged.scopes)
        fetched = await fetch_newcomer(granted, SecretStr(exchanged.access_token), state)
    except InvalidGrant:
        await codes.spend(note.id)
        raise
    except OAuthError:
        # What Discord gave for its code, which is spent then, is kept with ours.
        await codes.release(note.id, state.sealer.seal(exchanged) if exchanged else left)
        raise
    return exchanged, fetched


async def _reserve(note: CodeNote, state: State) -> str | None:
    expires = int(state.clock() + state.settings.code_lifetime.total_seconds())
    try:
        asking = state.settings.discord_deadline.total_seconds()
        return await state.store.codes.reserve(note.id, expires, asking)
    except CodeUsed as used:
        if used.grant_id is not None:
            _log.warning("code_replayed")
            await state.store.grants.end(used.grant_id)
        raise InvalidGrant("the code has been used") from used
