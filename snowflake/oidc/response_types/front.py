"""What is issued at the authorization endpoint, before any code is redeemed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from snowflake.oidc.grants.granting import front_grant_of, grant_of_login
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.tokens import Redeemed
from snowflake.oidc.tokens.times import Times, times_of
from snowflake.people.person import Person
from snowflake.settings.client import Client


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody who is let in, on their way to the application.

    ``code`` is their authorization code, whether or not the application gets it. ``discord`` are
    the scopes that Discord granted.
    """

    code: CodeNote
    client: Client
    person: Person
    discord: frozenset[str]


@dataclass(frozen=True, slots=True)
class Front:
    """What the parts of an answer are made of. ``answered`` are those that have been made.

    ``in_uri`` is whether the answer stands in an address, which has to be short.
    """

    code: CodeNote
    client: Client
    redeemed: Redeemed
    times: Times
    in_uri: bool
    answered: Mapping[str, str]


def front_of(arrived: Arrived, now: float, *, in_uri: bool) -> Front:
    """Begin an answer with tokens.

    Their grant is not the code's: it has no refresh token, and ends with its access token.

    Raises:
        InvalidGrant: Discord does not let us know who it is.
    """
    code, client = arrived.code, arrived.client
    begun, granted = grant_of_login(code, arrived.person, client, arrived.discord, now)
    grant = replace(
        begun,
        id=front_grant_of(code.id),
        expires_at=int(now + client.token_lifetime.total_seconds()),
        offline=False,
    )
    redeemed = Redeemed(grant, granted, None, nonce=code.nonce)
    return Front(code, client, redeemed, times_of(grant, client, now), in_uri, {})
