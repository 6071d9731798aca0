"""How long grants live, and whether they have a refresh token."""

from snowflake.errors import InvalidRequest
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.tokens.times import ends_at
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client

_CHOICES = {"true": True, "false": False}


def is_refreshable(credentials: Credentials, params: Parameters) -> bool:
    """Whether the answer is to hold a refresh token.

    It does, unless the client is not to use it, or is a public one, which may have no safe place
    for it, and asks for none with ``include_refresh_token=false``.

    Raises:
        InvalidRequest: the parameter is neither ``true`` nor ``false``, or a client with a secret
            asks for none.
    """
    choice = _CHOICES.get(params.get("include_refresh_token", "true").lower())
    if choice is None:
        raise InvalidRequest("include_refresh_token must be true or false")
    if not choice and not credentials.is_public:
        raise InvalidRequest("only public clients may do without a refresh token")
    return choice and credentials.client.may_bring("refresh_token")


def expires_at(client: Client, auth_time: int, now: float, *, refreshable: bool) -> int:
    """Answer the Unix time at which a grant that is used now ends by itself."""
    lifetimes = [client.token_lifetime]
    if refreshable:
        lifetimes.append(client.refresh_token_lifetime)
    last = int(now + max(lifetimes).total_seconds())
    return min(last, ends_at(auth_time, client))
