"""Bringing a grant's claims up to date with Discord, for a refresh and for UserInfo alike."""

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import structlog

from snowflake.discord.models import WEEK, User
from snowflake.errors import (
    AccessDenied,
    InvalidGrant,
    OAuthError,
    TemporarilyUnavailable,
    TooManyRequests,
)
from snowflake.oidc import scopes
from snowflake.oidc.authentication import faults_of_ours
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.needs import needs_of
from snowflake.oidc.people import Fetched, fetch_known
from snowflake.people.policies import admit
from snowflake.settings.registry import Client
from snowflake.state import State
from snowflake.state.discord_cache import Remembered
from snowflake.state.renewal import renew
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.grants import Grant
from snowflake.store.session_ends import Which

#: Seconds before its end from which Discord's access token is renewed.
RENEWAL: Final = 3600
#: Seconds after which claims are too old to be answered again, whatever keeps Discord.
OLDEST_CLAIMS: Final = 3600.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Current:
    """A grant whose claims are up to date, and those of its scopes that give any now."""

    grant: Grant
    scopes: tuple[str, ...]


class SecretNeeded(Exception):
    """Discord's token of the person has ended, and nothing but the client's secret renews it."""


class _Refused(Exception):
    """Discord refused the person's token, and then was out: nothing to sit out on old claims."""

    def __init__(self, outage: TemporarilyUnavailable) -> None:
        super().__init__(outage.description)
        self.outage = outage


async def brought_up_to_date(
    grant: Grant, credentials: Credentials, state: State, *, prove: bool = False
) -> Current:
    """Answer the grant with claims as Discord has them now; it is the caller's to keep.

    A grant for which Discord accepts nothing any more, or whose person is admitted no longer, has
    ended. While Discord is out, the grant is answered as it is, for ``OLDEST_CLAIMS``. With
    ``prove`` nobody but Discord can say that the ``credentials`` are the client's.

    Raises:
        InvalidGrant: the grant has ended.
        InvalidClient: the secret is wrong.
        SecretNeeded: Discord's token has ended, and the credentials hold no secret to renew it.
        TemporarilyUnavailable: Discord gave no usable answer, and the claims are too old.
    """
    client = credentials.client
    try:
        tokens, fetched = await ask_discord(grant, credentials, state, prove=prove)
        admit(fetched.person, client, state.clock())
    except AccessDenied:
        await state.store.grants.end(grant.id)
        if client.registered is not None:
            await state.logout.turn_away(grant.person, client)
        raise
    except InvalidGrant:
        await state.store.grants.end(grant.id)
        await _end_sessions(grant, state)
        raise
    except TooManyRequests:
        raise
    except _Refused as refused:
        raise refused.outage from None
    except TemporarilyUnavailable as outage:
        if prove:
            raise
        return await as_it_is(grant, outage, client, state)
    told = tokens.scopes & grant.discord_scopes
    granted = scopes.granted(grant.scopes, told, client)
    fresh = replace(
        grant,
        claims=scopes.claims_of(fetched.person, granted, client, told),
        claims_at=int(state.clock() - fetched.person.age),
    )
    return Current(fresh, tuple(granted))


async def _end_sessions(grant: Grant, state: State) -> None:
    """End the sessions of somebody of whom Discord tells us nothing any more."""
    if await state.store.discord_tokens.find(grant.application, grant.person) is None:
        await state.logout.end(Which(person=grant.person, application=grant.application))


async def as_it_is(
    grant: Grant, outage: TemporarilyUnavailable, client: Client, state: State
) -> Current:
    """Answer the grant with the claims that it has, and the scopes that Discord granted last.

    Raises:
        TemporarilyUnavailable: the outage; the claims are too old, or of unknown age, or older than
            what a person may be admitted by.
    """
    oldest = OLDEST_CLAIMS
    if client.access.has_conditions:
        oldest = min(oldest, client.access.oldest_membership.total_seconds())
    tokens = await _pair(grant, client, state)
    if age_of(grant, state) > oldest or tokens is None or tokens.refused:
        raise outage
    _log.warning("stale_claims", of="grant", age=math.ceil(age_of(grant, state)))
    granted = scopes.granted(grant.scopes, tokens.scopes & grant.discord_scopes, client)
    return Current(grant, tuple(granted))


def age_of(grant: Grant, state: State) -> float:
    """Answer how many seconds ago Discord told the oldest of a grant's claims; infinity if unknown.

    The clock of another machine may be ahead; what is from far ahead must not last for ever.
    """
    return abs(state.clock() - grant.claims_at) if grant.claims_at is not None else math.inf


async def ask_discord(
    grant: Grant,
    credentials: Credentials,
    state: State,
    *,
    prove: bool = False,
    account: Remembered[User] | None = None,
) -> tuple[StoredTokens, Fetched]:
    """Ask who the person is now, with the pair of Discord's tokens that tells most of it.

    One that Discord accepts no more is forgotten. Perhaps another one lives: the person may have
    removed the application at Discord, and come back. Where the ``account`` is known, Discord is
    not asked for it. Raises as ``brought_up_to_date`` does.
    """
    ask = partial(_person, grant, client=credentials.client, state=state, account=account)
    refusal = InvalidGrant("the person has to sign in again")
    while (tokens := await _pair(grant, credentials.client, state)) is not None:
        try:
            tokens = await _living(tokens, grant, credentials, state, prove=prove)
            try:
                return tokens, await ask(tokens)
            except InvalidGrant:
                # Renewed meanwhile by another request, or ended early by Discord.
                tokens = await _renewed(tokens, grant, credentials, state)
                return tokens, await ask(tokens)
        except InvalidGrant as refused:
            await state.store.discord_tokens.forget(tokens)
            refusal = refused
    raise refusal


async def _pair(grant: Grant, client: Client, state: State) -> StoredTokens | None:
    # No more than this login brought: a wider pair of another one tells nothing more to its client,
    # and may end sooner.
    wanted = needs_of(client, grant.scopes).discord_scopes & grant.discord_scopes
    return await state.store.discord_tokens.find(grant.application, grant.person, wanted)


async def _living(
    tokens: StoredTokens, grant: Grant, credentials: Credentials, state: State, *, prove: bool
) -> StoredTokens:
    """Answer Discord's tokens, renewed if they are near their end or the secret is to be proven."""
    left = tokens.expires_at - state.clock()
    if left >= _margin(credentials.client) and not prove:
        return tokens
    if tokens.refused:
        return await _renewed(tokens, grant, credentials, state, prove=prove)
    try:
        return await _renew(tokens, grant, credentials, state, prove=prove)
    except (InvalidGrant, SecretNeeded):
        if prove or left <= 0:
            raise
        # They cannot be renewed, but are good for what is left of their time.
        return tokens


def _margin(client: Client) -> float:
    """Answer how many seconds before its end Discord's access token is renewed.

    For a Discord application nobody can do that between two refreshes, so that it has to outlive
    the access token with which UserInfo is asked, if that lives for some days only.
    """
    if client.registered is not None:
        return RENEWAL
    return min(max(RENEWAL, client.token_lifetime.total_seconds()), WEEK / 2)


async def _renewed(
    tokens: StoredTokens,
    grant: Grant,
    credentials: Credentials,
    state: State,
    *,
    prove: bool = False,
) -> StoredTokens:
    """Renew tokens that Discord has refused, now or before."""
    try:
        return await _renew(tokens, grant, credentials, state, prove=prove)
    except InvalidGrant:
        # They are forgotten.
        raise
    except (SecretNeeded, OAuthError) as error:
        if not tokens.refused:
            # UserInfo is asked time and again, and each refusal brings a ban nearer.
            with suppress(TemporarilyUnavailable):
                await state.store.discord_tokens.refuse(tokens)
        if isinstance(error, TemporarilyUnavailable) and not isinstance(error, TooManyRequests):
            raise _Refused(error) from error
        raise


async def _renew(
    tokens: StoredTokens,
    grant: Grant,
    credentials: Credentials,
    state: State,
    *,
    prove: bool = False,
) -> StoredTokens:
    secret, caller = credentials.application_secret, credentials.caller
    if secret is None and grant.secret_hash is not None:
        newer = await state.store.discord_tokens.current(tokens)
        if newer is None or newer.access_token == tokens.access_token:
            raise SecretNeeded
        return newer
    with faults_of_ours(credentials.client):
        return await renew(tokens, secret, caller, state, prove=prove)


async def _person(
    grant: Grant,
    tokens: StoredTokens,
    client: Client,
    state: State,
    account: Remembered[User] | None,
) -> Fetched:
    needs = needs_of(client, grant.scopes)
    fetched = await fetch_known(needs, tokens, state, account=account)
    if fetched.person.user.id != grant.person:
        raise InvalidGrant("Discord names another person than at the login")
    return fetched
