"""An access token that another client got here for itself (RFC 6749, section 4.4)."""

from snowflake.errors import InvalidToken
from snowflake.oidc.federation.refusal import Claims, refused
from snowflake.oidc.tokens.client_token import ClientToken, introspected
from snowflake.oidc.tokens.reading import read_access_token
from snowflake.settings.client import Client
from snowflake.settings.issuers import issuer_of_client
from snowflake.state import State


async def check_client(token: str, client: Client, base: str, state: State) -> None:
    """Pass, if a token that names one of our issuers proves that somebody is this client.

    Those of people, ID tokens and logout tokens prove nothing. It has to be for us: one for an API
    is in the hands of that API, which is not to become this client by it.

    Raises:
        InvalidClient: it does not.
        TemporarilyUnavailable: the store cannot be asked.
    """
    claims = await _of_federated(token, client, base, state)
    if claims is None:
        raise refused("it is no living access token that one of federated_clients got for itself")
    if not _is_for_us(claims, base):
        raise refused("its aud is an audience that its client has, and not us")


async def claims_of_opaque(token: str, client: Client, base: str, state: State) -> Claims | None:
    """Answer what an opaque token stands for, if it proves that somebody is this client.

    None if it is none of those. A secret is looked for only where it may be such a token.

    Raises:
        TemporarilyUnavailable: the store cannot be asked.
    """
    others = (state.registry.find(name) for name in client.federated_clients)
    if not any(other is not None and other.has_opaque_access_tokens for other in others):
        return None
    claims = await _of_federated(token, client, base, state)
    return claims if claims is not None and _is_for_us(claims, base) else None


async def _of_federated(token: str, client: Client, base: str, state: State) -> Claims | None:
    """Answer what a living token says of itself that one of ``federated_clients`` has."""
    try:
        found = await read_access_token(token, state)
    except InvalidToken:
        return None
    if not isinstance(found, ClientToken) or found.kept.client_id not in client.federated_clients:
        return None
    other = state.registry.find(found.kept.client_id)
    return introspected(found, other, base) if other is not None else None


def _is_for_us(claims: Claims, base: str) -> bool:
    return claims["aud"] in {base, issuer_of_client(base, claims["client_id"])}
