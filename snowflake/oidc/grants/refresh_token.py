"""The refresh token grant (RFC 6749, section 6; OpenID Connect Core 1.0, section 12)."""

import math
from dataclasses import replace

import structlog

from snowflake.errors import (
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    TemporarilyUnavailable,
    TooManyRequests,
)
from snowflake.oidc import scopes
from snowflake.oidc.authentication import faults_of_ours, is_known_good
from snowflake.oidc.clients import is_of
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.exchange import secret_hash
from snowflake.oidc.grants.lifetimes import ends_at, expires_at, is_refreshable
from snowflake.oidc.needs import needs_of
from snowflake.oidc.people import Fetched, fetch_known
from snowflake.oidc.tokens import Redeemed
from snowflake.policies import admit
from snowflake.protocol.parameters import Parameters
from snowflake.registry import Client
from snowflake.renewal import renew
from snowflake.state import State
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.grants import Grant
from snowflake.store.refresh_tokens import OVERLAP, RefreshToken, hash_of

#: Characters of a refresh token; ours have 43.
MAX_LENGTH = 512
#: Seconds before its end from which Discord's access token is renewed.
RENEWAL = 3600
#: Seconds after which claims are too old to be answered again, whatever keeps Discord.
OLDEST_CLAIMS = 3600.0

_log = structlog.get_logger(__name__)


class _Refused(Exception):
    """Discord refused the person's token, and then was out: nothing to sit out on old claims."""

    def __init__(self, outage: TemporarilyUnavailable) -> None:
        super().__init__(outage.description)
        self.outage = outage


async def refresh_token(credentials: Credentials, params: Parameters, state: State) -> Redeemed:
    """Exchange a refresh token for fresh tokens with fresh claims, and a new refresh token.

    While Discord is out, a client that is known without it gets the claims that it has, for
    ``OLDEST_CLAIMS``; after that, and while the store is out, the token stays as good as it was.
    Used again within ``OVERLAP`` it gets the same successor, for an answer that was lost; later, it
    ends the grant, because somebody has stolen it or its successor (RFC 9700, section 4.14.2).

    Raises:
        InvalidGrant: the token is unknown, expired, used, another client's, or the person has
            removed the application at Discord.
        InvalidClient: the secret is wrong.
        InvalidScope: more is asked for than was granted.
        TemporarilyUnavailable: Discord or the store gave no usable answer.
    """
    sent = params.require("refresh_token", MAX_LENGTH)
    # Requests of one process take turns, so that only the first one asks Discord.
    async with state.turns.of(hash_of(sent)):
        # 1. The token, this client's own.
        token, grant = await _find(sent, credentials, state)
        wanted, refreshable = _narrowed(grant, params), is_refreshable(credentials, params)

        # 2. The client's secret, as far as we can tell.
        known_good = await is_known_good(credentials, grant.secret_hash, state)
        if not known_good and credentials.secret is None:
            raise InvalidClient("the client must authenticate")

        # 3. A lost answer, or a stolen token.
        if token.used_at is not None and known_good:
            await _check_overlap(token, state)
            return _again(token, grant, wanted, refreshable=refreshable)

        # 4. Fresh claims. Discord proves a secret that we do not know.
        fresh, granted = await _refreshed(grant, credentials, state, prove=not known_good)
        if token.used_at is not None:
            await _check_overlap(token, state)

        # 5. The successor.
        successor = await state.store.refresh_tokens.rotate(token, fresh)
        if successor is None:
            # Another process has been quicker, however long this one took.
            token, grant = await _find(sent, credentials, state)
            return _again(token, grant, wanted, refreshable=refreshable)
        answered = tuple(name for name in wanted if name in granted)
        return Redeemed(fresh, answered, successor if refreshable else None)


async def _find(sent: str, credentials: Credentials, state: State) -> tuple[RefreshToken, Grant]:
    living = await state.store.refresh_tokens.living(sent)
    if living is None:
        raise InvalidGrant("the refresh token is unknown, expired or revoked")
    token, grant = living
    if grant.client_id != credentials.client_id:
        raise InvalidGrant("the refresh token was issued to another client")
    if not is_of(credentials.client, grant):
        raise InvalidGrant("the person has to sign in again")
    # It may have been told another time when it was made.
    if ends_at(grant.auth_time, credentials.client) <= state.clock():
        await state.store.grants.end(grant.id)
        raise InvalidGrant("the login is too old; the person has to sign in again")
    return token, grant


def _narrowed(grant: Grant, params: Parameters) -> tuple[str, ...]:
    """Answer the scopes of this answer: the grant's, or those among them that were asked for."""
    scope = params.at_most("scope", scopes.MAX_LENGTH)
    if scope is None:
        return grant.scopes
    wanted = {"openid", *scopes.known(scope)}
    if not wanted <= set(grant.scopes):
        raise InvalidScope("scope holds more than was granted")
    return tuple(name for name in grant.scopes if name in wanted)


async def _check_overlap(token: RefreshToken, state: State) -> None:
    """End the grant of a token that was used too long ago to be a lost answer."""
    if token.used_at is None or token.used_at + OVERLAP < state.clock():
        await state.store.grants.end(token.grant_id)
        _log.warning("refresh_token_reused")
        raise InvalidGrant("the refresh token was used before; the person has to sign in again")


def _again(
    token: RefreshToken, grant: Grant, wanted: tuple[str, ...], *, refreshable: bool
) -> Redeemed:
    """Answer a token that was used before with the same successor."""
    if token.successor is None:
        raise InvalidGrant("the refresh token was used before")
    return Redeemed(grant, wanted, token.successor if refreshable else None)


async def _refreshed(
    grant: Grant, credentials: Credentials, state: State, *, prove: bool
) -> tuple[Grant, list[str]]:
    """Answer the grant with claims as Discord has them now, and the scopes that it grants now.

    A grant for which Discord accepts nothing any more, or whose person is admitted no longer, has
    ended.
    """
    client = credentials.client
    try:
        tokens, fetched = await _ask_discord(grant, credentials, state, prove=prove)
        admit(fetched.person, client, state.clock())
    except InvalidGrant:
        await state.store.grants.end(grant.id)
        raise
    except TooManyRequests:
        raise
    except _Refused as refused:
        raise refused.outage from None
    except TemporarilyUnavailable as outage:
        if prove:
            # Nobody but Discord can say that it is the client.
            raise
        return await _unchanged(grant, outage, client, state)
    granted = scopes.granted(grant.scopes, tokens.scopes, client)
    fresh = replace(
        grant,
        claims=scopes.claims_of(fetched.person, granted, client),
        claims_at=int(state.clock() - fetched.person.age),
        expires_at=expires_at(client, grant.auth_time, state, refreshable=True),
        secret_hash=await secret_hash(credentials, state) if prove else grant.secret_hash,
    )
    return fresh, granted


async def _unchanged(
    grant: Grant, outage: TemporarilyUnavailable, client: Client, state: State
) -> tuple[Grant, list[str]]:
    """Answer the grant with the claims that it has, and the scopes that Discord granted last.

    Raises:
        TemporarilyUnavailable: the outage; the claims are too old, or of unknown age, or older than
            what a person may be admitted by.
    """
    oldest = OLDEST_CLAIMS
    if client.access.has_conditions:
        oldest = min(oldest, client.access.oldest_membership.total_seconds())
    age = abs(state.clock() - grant.claims_at) if grant.claims_at is not None else math.inf
    tokens = await state.store.discord_tokens.find(grant.application, grant.person)
    if age > oldest or tokens is None:
        raise outage
    _log.warning("stale_claims", of="grant", age=math.ceil(age))
    granted = scopes.granted(grant.scopes, tokens.scopes, client)
    expires = expires_at(client, grant.auth_time, state, refreshable=True)
    return replace(grant, expires_at=expires), granted


async def _ask_discord(
    grant: Grant, credentials: Credentials, state: State, *, prove: bool
) -> tuple[StoredTokens, Fetched]:
    """Ask who the person is now; renew Discord's tokens first if they are near their end."""
    tokens = await state.store.discord_tokens.find(grant.application, grant.person)
    if tokens is None:
        raise InvalidGrant("the person has to sign in again")
    try:
        tokens = await _living(tokens, credentials, state, prove=prove)
        try:
            return tokens, await _person(grant, tokens, credentials.client, state)
        except InvalidGrant:
            # Renewed meanwhile by another request, or ended early by Discord.
            tokens = await _renewed(tokens, credentials, state)
            return tokens, await _person(grant, tokens, credentials.client, state)
    except InvalidGrant:
        await state.store.discord_tokens.forget(tokens)
        raise


async def _living(
    tokens: StoredTokens, credentials: Credentials, state: State, *, prove: bool
) -> StoredTokens:
    """Answer Discord's tokens, renewed if they are near their end or the secret is to be proven."""
    left = tokens.expires_at - state.clock()
    if left >= RENEWAL and not prove:
        return tokens
    try:
        return await _renew(tokens, credentials, state, prove=prove)
    except InvalidGrant:
        if prove or left <= 0:
            raise
        # They cannot be renewed, but are good for what is left of their time.
        return tokens


async def _renewed(tokens: StoredTokens, credentials: Credentials, state: State) -> StoredTokens:
    """Renew tokens that Discord has just refused."""
    try:
        return await _renew(tokens, credentials, state)
    except TemporarilyUnavailable as outage:
        raise _Refused(outage) from outage


async def _renew(
    tokens: StoredTokens, credentials: Credentials, state: State, *, prove: bool = False
) -> StoredTokens:
    secret, caller = credentials.application_secret, credentials.caller
    with faults_of_ours(credentials.client):
        return await renew(tokens, secret, caller, state, prove=prove)


async def _person(grant: Grant, tokens: StoredTokens, client: Client, state: State) -> Fetched:
    needs = needs_of(client, grant.scopes)
    fetched = await fetch_known(grant.person, needs, tokens.scopes, tokens.access_token, state)
    if fetched.person.user.id != grant.person:
        raise InvalidGrant("Discord names another person than at the login")
    return fetched
