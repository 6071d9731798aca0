"""The authorization code grant (RFC 6749, section 4.1.3)."""

from contextlib import suppress
from dataclasses import replace

import structlog

from snowflake.crypto.sealing import BadNote
from snowflake.errors import (
    AccessDenied,
    InvalidClient,
    InvalidGrant,
    TemporarilyUnavailable,
    TooManyRequests,
)
from snowflake.oidc import redirects
from snowflake.oidc.authentication import is_known_good
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.grants.granting import front_grant_of, grant_of_login
from snowflake.oidc.grants.lifetimes import expires_at, is_refreshable
from snowflake.oidc.newcomers import Newcomer, newcomer
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.outcomes import login_ended
from snowflake.oidc.tokens import Redeemed
from snowflake.oidc.tokens.opaque import opaque_token
from snowflake.people.person import Person
from snowflake.people.policies import admit
from snowflake.protocol import pkce
from snowflake.protocol.bounds import MAX_CODE, MAX_REDIRECT_URI
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.codes import CodeSpent
from snowflake.store.logins import Issued
from snowflake.store.refresh_tokens import new_token

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
    code, exchanged, fetched = await _newcomer(note, credentials, state)
    client, person = credentials.client, fetched.person

    # 4. The grant.
    now, named = state.clock(), _named(note, person, client, state)
    begun, granted = grant_of_login(named, person, client, exchanged.scopes, now)
    grant = replace(
        begun,
        expires_at=expires_at(client, note.auth_time, now, refreshable=refreshable),
        secret_hash=exchanged.secret_hash,
    )
    issued = Issued(
        new_token() if refreshable else None,
        opaque_token(grant, granted, client, now),
    )
    # A session has kept them already, with what was learnt.
    is_kept = note.session is not None
    tokens = None if is_kept else exchanged.stored(client.application, person.user.id)
    learnt = () if is_kept else fetched.learnt
    code = replace(code, left=code.left or state.sealer.seal(exchanged))
    try:
        await state.store.logins.save(code, grant, tokens, learnt, issued)
    except TemporarilyUnavailable:
        with suppress(TemporarilyUnavailable):
            await state.store.codes.release(code, code.left, person.user.id)
        raise
    login_ended("completed", person=grant.person)
    return Redeemed(grant, granted, *issued, nonce=note.nonce)


def _open(credentials: Credentials, params: Parameters, state: State) -> CodeNote:
    code = params.require("code", MAX_CODE)
    lifetime = credentials.client.code_lifetime.total_seconds()
    try:
        note = state.sealer.open(CodeNote, code, lifetime, state.clock())
    except BadNote as error:
        raise InvalidGrant("the code is expired or not one of ours") from error
    if note.client_id != credentials.client_id:
        raise InvalidGrant("the code was issued to another client")
    return note


def _named(note: CodeNote, person: Person, client: Client, state: State) -> CodeNote:
    """Add by which name the client knows the person, if nobody knew at the callback who it is."""
    if note.subject is not None:
        return note
    return replace(note, subject=state.subjects.of(person.user, client))


async def _newcomer(note: CodeNote, credentials: Credentials, state: State) -> Newcomer:
    """Ask who has come, and whether they may."""
    try:
        came = await newcomer(note, credentials, state, redeeming=True)
    except CodeSpent as spent:
        if spent.grant_id is not None:
            await _end_replayed(spent.grant_id, credentials, state)
        raise InvalidGrant("the code has been used") from spent
    try:
        admit(came.fetched.person, credentials.client, state.clock())
    except AccessDenied:
        await state.store.codes.spend(came.code)
        raise
    except TemporarilyUnavailable:
        person = came.fetched.person.user.id
        await state.store.codes.release(came.code, state.sealer.seal(came.exchanged), person)
        raise
    return came


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
