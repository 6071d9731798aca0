"""A token that a client holds out, for revocation and introspection: of which grant, or its own.

A client may do so for another one that names it in ``federated_clients``.
"""

from dataclasses import dataclass

from snowflake.errors import InvalidClient, InvalidToken
from snowflake.oidc.authentication import is_known_good
from snowflake.oidc.clients import is_of
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.tokens.access_token import AccessToken, grant_of
from snowflake.oidc.tokens.client_token import ClientToken
from snowflake.oidc.tokens.reading import read_access_token
from snowflake.protocol.bounds import MAX_TOKEN
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.grants import Grant
from snowflake.store.refresh_tokens import RefreshToken


@dataclass(frozen=True, slots=True)
class PersonToken:
    """A living token of a person's login, its grant, and the client that it was issued to."""

    token: AccessToken | RefreshToken
    grant: Grant
    client: Client


@dataclass(frozen=True, slots=True)
class OwnToken:
    """A living token that a client got for itself, and that client."""

    token: ClientToken
    client: Client


async def presented_token(
    credentials: Credentials, params: Parameters, state: State
) -> PersonToken | OwnToken | None:
    """Find the token of a request; None if it is unknown, dead, or none of the client's business.

    ``token_type_hint`` is not needed: the kinds do not look alike (RFC 7009, section 2.1). An ID
    token, however long, is none of them.

    Raises:
        InvalidRequest: there is no token.
        InvalidClient: the token is this client's, but the secret is not.
    """
    found = await _found(params.require("token", MAX_TOKEN), state)
    if found is None:
        return None
    if isinstance(found, ClientToken):
        client = _owner(found.kept.client_id, credentials, state)
        return OwnToken(found, client) if client is not None else None
    token, grant = found
    client = _owner(grant.client_id, credentials, state)
    if client is None or not is_of(client, grant):
        return None
    if not await is_known_good(credentials, grant.secret_hash, state):
        raise InvalidClient("this is not the client secret that Discord accepted")
    return PersonToken(token, grant, client)


async def _found(
    sent: str, state: State
) -> ClientToken | tuple[AccessToken | RefreshToken, Grant] | None:
    try:
        token = await read_access_token(sent, state)
        if isinstance(token, ClientToken):
            return token
        return token, await grant_of(token, state.store.grants)
    except InvalidToken:
        return await state.store.refresh_tokens.living(sent)


def _owner(client_id: str, credentials: Credentials, state: State) -> Client | None:
    """Answer the client that has a token, if it is the one that asks, or has that act for it."""
    asking = credentials.client
    if client_id == asking.id:
        return asking
    owner = state.registry.find(client_id) if asking.registered is not None else None
    return owner if owner is not None and asking.id in owner.federated_clients else None
