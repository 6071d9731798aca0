"""Access tokens that say nothing: random references to what the store knows."""

from snowflake.oidc.tokens.times import times_of
from snowflake.settings.client import Client
from snowflake.store.access_tokens import NewToken, OpaqueToken
from snowflake.store.grants import Grant


def opaque_token(
    grant: Grant, scopes: tuple[str, ...], client: Client, now: float
) -> NewToken | None:
    """Make the reference for whom it is to be one. It has to be kept with the grant.

    Answers None for a client whose access tokens are JSON Web Tokens, which need no keeping.
    """
    if not client.has_opaque_access_tokens:
        return None
    times = times_of(grant, client, now)
    return NewToken.of(OpaqueToken(grant.id, scopes, grant.sid, times.iat, times.exp))
