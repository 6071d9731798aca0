"""Bringing a grant's claims up to date with Discord, for a refresh and for UserInfo alike."""

import math
from dataclasses import dataclass, replace
from typing import Final

import structlog

from snowflake.errors import AccessDenied, InvalidGrant, TemporarilyUnavailable, TooManyRequests
from snowflake.oidc import scopes
from snowflake.oidc.acquaintances import RefusedThenOut, ask_discord, pair_of
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.requested_claims import claims_for
from snowflake.people.policies import admit
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.grants import Grant
from snowflake.store.session_ends import Which

#: Seconds after which claims are too old to be answered again, whatever keeps Discord.
OLDEST_CLAIMS: Final = 3600.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Current:
    """A grant whose claims are up to date, and those of its scopes that give any now."""

    grant: Grant
    scopes: tuple[str, ...]


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
    except AccessDenied as refusal:
        await state.store.grants.end(grant.id)
        if client.registered is not None:
            await state.logout.turn_away(grant.person, client, refusal.policies)
        raise
    except InvalidGrant:
        await state.store.grants.end(grant.id)
        await _end_sessions(grant, state)
        raise
    except (TooManyRequests, RefusedThenOut):
        # Nothing to sit out on old claims.
        raise
    except TemporarilyUnavailable as outage:
        if prove:
            raise
        return await as_it_is(grant, outage, client, state)
    told = tokens.scopes & grant.discord_scopes
    granted = scopes.granted(grant.scopes, told, client)
    fresh = replace(
        grant,
        claims={
            **claims_for(fetched.person, granted, grant.requested, client, told),
            # Whatever they are called now (OpenID Connect Core 1.0, section 12.2).
            "sub": grant.claims["sub"],
        },
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
        TemporarilyUnavailable: the outage; the claims are too old, or older than what a person may
            be admitted by.
    """
    oldest = OLDEST_CLAIMS
    if client.access.has_conditions:
        oldest = min(oldest, client.access.oldest_membership.total_seconds())
    tokens = await pair_of(grant, client, state)
    if age_of(grant, state) > oldest or tokens is None or tokens.refused:
        raise outage
    _log.warning("stale_claims", of="grant", age=math.ceil(age_of(grant, state)))
    granted = scopes.granted(grant.scopes, tokens.scopes & grant.discord_scopes, client)
    return Current(grant, tuple(granted))


def age_of(grant: Grant, state: State) -> float:
    """Answer how many seconds ago Discord told the oldest of a grant's claims.

    The clock of another machine may be ahead; what is from far ahead must not last for ever.
    """
    return abs(state.clock() - grant.claims_at)
