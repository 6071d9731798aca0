"""A token that a client holds out, for revocation and introspection: of which grant, or its own."""

from dataclasses import dataclass

from snowflake.errors import InvalidClient, InvalidToken
from snowflake.oidc.authentication import is_known_good
from snowflake.oidc.clients import is_of
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.tokens.access_token import AccessToken, grant_of, read_access_token
from snowflake.oidc.tokens.client_token import ClientToken, find_client_token
from snowflake.protocol.bounds import MAX_TOKEN
from snowflake.protocol.parameters import Parameters
from snowflake.state import State
from snowflake.store.grants import Grant
from snowflake.store.refresh_tokens import RefreshToken, RefreshTokens


@dataclass(frozen=True, slots=True)
class Presented:
    """A living token of the client's own, and its grant."""

    token: AccessToken | RefreshToken
    grant: Grant


async def presented(credentials: Credentials, params: Parameters, state: State) -> Presented | None:
    """Find the token of a request; None if it is unknown, dead, or another client's.

    ``token_type_hint`` is not needed: the two kinds do not look alike (RFC 7009, section 2.1). An
    ID token, however long, is none of them.

    Raises:
        InvalidRequest: there is no token.
        InvalidClient: the token is this client's, but the secret is not.
    """
    sent = params.require("token", MAX_TOKEN)
    found = await _access_token(sent, state)
    found = found or await _refresh_token(sent, state.store.refresh_tokens)
    if found is None or not is_of(credentials.client, found.grant):
        return None
    if not await is_known_good(credentials, found.grant.secret_hash, state):
        raise InvalidClient("this is not the client secret that Discord accepted")
    return found


async def own_token(
    credentials: Credentials, params: Parameters, state: State
) -> ClientToken | None:
    """Find the token of a request, if it lives and the client got it for itself.

    Raises:
        InvalidRequest: there is no token.
    """
    if not credentials.client.gets_own_tokens:
        return None
    found = await find_client_token(params.require("token", MAX_TOKEN), state)
    return found if found is not None and found.kept.client_id == credentials.client_id else None


async def _access_token(sent: str, state: State) -> Presented | None:
    try:
        token = await read_access_token(sent, state)
        return Presented(token, await grant_of(token, state.store.grants))
    except InvalidToken:
        return None


async def _refresh_token(sent: str, refresh_tokens: RefreshTokens) -> Presented | None:
    living = await refresh_tokens.living(sent)
    return Presented(*living) if living is not None else None
