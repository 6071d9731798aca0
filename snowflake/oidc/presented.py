"""A token that a client holds out, for revocation and introspection: of which grant, or its own.

A client may do so for another one that names it in ``federated_clients``.
"""

from dataclasses import dataclass

from snowflake.errors import InvalidClient, InvalidToken
from snowflake.oidc.authentication import is_known_good
from snowflake.oidc.clients import is_of
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.tokens.access_token import AccessToken, grant_of, read_access_token
from snowflake.oidc.tokens.client_token import ClientToken, find_client_token
from snowflake.protocol.bounds import MAX_TOKEN
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.grants import Grant
from snowflake.store.refresh_tokens import RefreshToken


@dataclass(frozen=True, slots=True)
class Presented:
    """A living token of a person's login, its grant, and the client that it was issued to."""

    token: AccessToken | RefreshToken
    grant: Grant
    client: Client


@dataclass(frozen=True, slots=True)
class OwnToken:
    """A living token that a client got for itself, and that client."""

    token: ClientToken
    client: Client


async def presented(credentials: Credentials, params: Parameters, state: State) -> Presented | None:
    """Find the token of a request; None if it is unknown, dead, or none of the client's business.

    ``token_type_hint`` is not needed: the two kinds do not look alike (RFC 7009, section 2.1). An
    ID token, however long, is none of them.

    Raises:
        InvalidRequest: there is no token.
        InvalidClient: the token is this client's, but the secret is not.
    """
    sent = params.require("token", MAX_TOKEN)
    found = await _access_token(sent, state) or await state.store.refresh_tokens.living(sent)
    if found is None:
        return None
    token, grant = found
    client = _owner(grant.client_id, credentials, state)
    if client is None or not is_of(client, grant):
        return None
    if not await is_known_good(credentials, grant.secret_hash, state):
        raise InvalidClient("this is not the client secret that Discord accepted")
    return Presented(token, grant, client)


async def own_token(credentials: Credentials, params: Parameters, state: State) -> OwnToken | None:
    """Find the token of a request, if it lives and a client that gets any got it for itself.

    Raises:
        InvalidRequest: there is no token.
    """
    # So has each client that acts for another one.
    if not credentials.client.gets_own_tokens:
        return None
    found = await find_client_token(params.require("token", MAX_TOKEN), state)
    client = _owner(found.kept.client_id, credentials, state) if found is not None else None
    return OwnToken(found, client) if found is not None and client is not None else None


def _owner(client_id: str, credentials: Credentials, state: State) -> Client | None:
    """Answer the client that has a token, if it is the one that asks, or has that act for it."""
    asking = credentials.client
    if client_id == asking.id:
        return asking
    owner = state.registry.find(client_id) if asking.registered is not None else None
    return owner if owner is not None and asking.id in owner.federated_clients else None


async def _access_token(sent: str, state: State) -> tuple[AccessToken, Grant] | None:
    try:
        token = await read_access_token(sent, state)
        return token, await grant_of(token, state.store.grants)
    except InvalidToken:
        return None
