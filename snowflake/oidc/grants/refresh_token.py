"""The refresh token grant (RFC 6749, section 6; OpenID Connect Core 1.0, section 12)."""

from dataclasses import replace

import structlog

from snowflake.errors import InvalidClient, InvalidGrant, InvalidScope
from snowflake.oidc import scopes
from snowflake.oidc.authentication import is_known_good
from snowflake.oidc.clients import is_of
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.exchange import secret_hash
from snowflake.oidc.freshness import brought_up_to_date
from snowflake.oidc.grants.lifetimes import expires_at, is_refreshable
from snowflake.oidc.tokens import Redeemed
from snowflake.oidc.tokens.opaque import opaque_token
from snowflake.oidc.tokens.times import ends_at
from snowflake.protocol.bounds import MAX_REFRESH_TOKEN, MAX_SCOPE
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.access_tokens import adding
from snowflake.store.grants import Grant, Grants
from snowflake.store.refresh_tokens import OVERLAP, RefreshToken, hash_of
from snowflake.telemetry.audit import audit

_log = structlog.get_logger(__name__)


async def refresh_token(credentials: Credentials, params: Parameters, state: State) -> Redeemed:
    """Exchange a refresh token for fresh tokens with fresh claims, and a new refresh token.

    While it has more than the client's ``refresh_token_threshold`` to live, there is no new one: it
    stays good, for as long as it was anyway, and the answer holds none (RFC 6749, section 6).
    While Discord is out, a client that is known without it gets the claims that it has, for
    ``OLDEST_CLAIMS``; after that, and while the store is out, the token stays as good as it was.
    Used again within ``OVERLAP`` it gets the same successor, for an answer that was lost, unless
    that has been used already; later, it ends the grant, because somebody has stolen it or its
    successor (RFC 9700, section 4.14.2).

    Raises:
        InvalidGrant: the token is unknown, expired, used, another client's, or the person has
            removed the application at Discord.
        InvalidClient: the secret is wrong.
        InvalidScope: more is asked for than was granted.
        TemporarilyUnavailable: Discord or the store gave no usable answer.
    """
    sent = params.require("refresh_token", MAX_REFRESH_TOKEN)
    # Requests of one process take turns, so that only the first one asks Discord.
    async with state.turns.of(hash_of(sent)):
        # 1. The token, this client's own.
        token, grant = await _find(sent, credentials, state)
        wanted = _narrowed(grant, params, credentials.client)
        refreshable = is_refreshable(credentials, params)

        # 2. The client's secret, as far as we can tell.
        known_good = await is_known_good(credentials, grant.secret_hash, state)
        if not known_good and credentials.is_public:
            raise InvalidClient("the client must authenticate")

        # 3. A lost answer, or a stolen token.
        if token.used_at is not None and known_good:
            await _check_overlap(token, state.store.grants, state.clock())
            again = Redeemed(grant, wanted, token.successor if refreshable else None)
            return await _again(token, again, credentials.client, state)

        # 4. Fresh claims. Discord proves a secret that we do not know.
        current = await brought_up_to_date(grant, credentials, state, prove=not known_good)
        if token.used_at is not None:
            await _check_overlap(token, state.store.grants, state.clock())

        # 5. The successor, or the same token for a while longer.
        left = token.expires_at - state.clock()
        renewed = credentials.client.renews_refresh_token(left)
        fresh = await _living(current.grant, credentials, state, proven=not known_good)
        fresh = _lengthened(fresh, credentials.client, state.clock()) if renewed else fresh
        answered = tuple(name for name in wanted if name in current.scopes)
        opaque = opaque_token(fresh, answered, credentials.client, state.clock())
        kept = [adding(opaque)] if opaque is not None else []
        tokens = state.store.refresh_tokens
        done = await (tokens.rotate if renewed else tokens.keep)(token, fresh, *kept)
        if not done:
            # Another process has been quicker, however long this one took.
            token, grant = await _find(sent, credentials, state)
            again = Redeemed(grant, wanted, token.successor if refreshable else None)
            return await _again(token, again, credentials.client, state)
        audit("refresh", "completed", person=fresh.person)
        successor = done if refreshable and isinstance(done, str) else None
        return Redeemed(fresh, answered, successor, access_token=opaque)


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


def _narrowed(grant: Grant, params: Parameters, client: Client) -> tuple[str, ...]:
    """Answer the scopes of this answer: the grant's, or those among them that are asked for now.

    Some repeat here what they asked for at the login, so what was left out there is left out again:
    what nobody knows, what the client may not have, what Discord did not grant. Nothing is gained
    by ``offline_access``.
    """
    given = scopes.given(grant.scopes, grant.discord_scopes, client)
    scope = params.at_most("scope", MAX_SCOPE)
    if scope is None:
        return tuple(given)
    wanted = {"openid", *scopes.known(scope, client)}
    more = wanted - {*grant.scopes, "offline_access"}
    if scopes.allowed(more, client):
        raise InvalidScope("scope holds more than was asked for at the login")
    return tuple(name for name in given if name in wanted)


async def _living(grant: Grant, credentials: Credentials, state: State, *, proven: bool) -> Grant:
    """Answer a grant that lives on from now, with the secret that Discord has just proven.

    Raises:
        InvalidGrant: its session has ended by time while Discord was asked.
    """
    if grant.session_ends is not None and grant.session_ends <= state.clock():
        if not grant.offline:
            raise InvalidGrant("the session has ended; the person has to sign in again")
        grant = replace(grant, session_ends=None)
    hashed = await secret_hash(credentials, state.secret_hashes) if proven else grant.secret_hash
    return replace(grant, secret_hash=hashed)


def _lengthened(grant: Grant, client: Client, now: float) -> Grant:
    """Answer a grant whose life counts from now."""
    return replace(grant, expires_at=expires_at(client, grant.auth_time, now, refreshable=True))


async def _check_overlap(token: RefreshToken, grants: Grants, now: float) -> None:
    """End the grant of a token that was used too long ago to be a lost answer."""
    if token.used_at is None or token.used_at + OVERLAP < now:
        await grants.end(token.grant_id)
        _log.warning("refresh_token_reused")
        raise InvalidGrant("the refresh token was used before; the person has to sign in again")


async def _again(token: RefreshToken, again: Redeemed, client: Client, state: State) -> Redeemed:
    """Answer a token that was used before with the same successor: ``again`` what it came to.

    Whoever has used the successor has had the answer, and for nobody else there is another. The
    grant lives on: clients that share a token send it twice now and then.
    """
    if token.successor is None or await state.store.refresh_tokens.is_used(token.successor):
        raise InvalidGrant("the refresh token was used before")
    opaque = opaque_token(again.grant, again.scopes, client, state.clock())
    if opaque is not None:
        await state.store.access_tokens.add(opaque)
    audit("refresh", "completed", person=again.grant.person)
    return replace(again, access_token=opaque)
