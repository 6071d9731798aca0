"""Asking Discord about somebody whom we know, with the tokens that they have brought before."""

from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

from snowflake.discord.models import WEEK, User
from snowflake.errors import InvalidGrant, OAuthError, TemporarilyUnavailable, TooManyRequests
from snowflake.oidc.authentication import faults_of_ours
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.needs import needs_of
from snowflake.oidc.people import Fetched, fetch_known
from snowflake.oidc.requested_claims import scopes_asked
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.state.discord_cache import Remembered
from snowflake.state.renewal import renew
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.grants import Grant

#: Seconds before its end from which Discord's access token is renewed.
RENEWAL: Final = 3600


class Known(NamedTuple):
    """What Discord has just said of somebody, and the pair of its tokens that was just read."""

    account: Remembered[User] | None = None
    pair: StoredTokens | None = None


UNKNOWN: Final = Known()


class SecretNeeded(Exception):
    """Discord's token of the person has ended, and nothing but the client's secret renews it."""


class RefusedThenOut(TemporarilyUnavailable):
    """Discord refused the person's token, and then was out, so that no old claims may serve."""

    def __init__(self, outage: TemporarilyUnavailable) -> None:
        super().__init__(outage.description, outage.retry_after, outage.cause)


async def ask_discord(
    grant: Grant,
    credentials: Credentials,
    state: State,
    *,
    prove: bool = False,
    known: Known = UNKNOWN,
) -> tuple[StoredTokens, Fetched]:
    """Ask who the person is now, with the pair of Discord's tokens that tells most of it.

    One that Discord accepts no more is forgotten. Perhaps another one lives: the person may have
    removed the application at Discord, and come back. What is ``known`` is not asked for.

    Raises:
        InvalidGrant: Discord accepts nothing of the person any more.
        InvalidClient: the secret is wrong.
        SecretNeeded: Discord's token has ended, and the credentials hold no secret to renew it.
        RefusedThenOut: Discord refused the person's token, and then was out.
        TemporarilyUnavailable: Discord gave no usable answer.
    """
    account, pair = known
    ask = partial(_person, grant, client=credentials.client, state=state, account=account)
    refusal = InvalidGrant("the person has to sign in again")
    while (tokens := pair or await pair_of(grant, credentials.client, state)) is not None:
        pair = None
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


async def pair_of(grant: Grant, client: Client, state: State) -> StoredTokens | None:
    """Answer the pair of Discord's tokens that tells most of what a grant may know."""
    # No more than this login brought: a wider pair of another one tells nothing more to its client,
    # and may end sooner.
    asked = scopes_asked(grant.scopes, grant.requested, client)
    wanted = needs_of(client, asked).discord_scopes & grant.discord_scopes
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
            raise RefusedThenOut(error) from error
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
    needs = needs_of(client, scopes_asked(grant.scopes, grant.requested, client))
    fetched = await fetch_known(needs, tokens, state, account=account)
    if fetched.person.user.id != grant.person:
        raise InvalidGrant("Discord names another person than at the login")
    return fetched
