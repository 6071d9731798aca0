"""The word ``token``: an access token (OpenID Connect Core 1.0, sections 3.2.2.5 and 3.3.2.5)."""

import asyncio
from dataclasses import replace

from snowflake.oidc.response_types.front import Front
from snowflake.oidc.tokens import TOKEN_TYPE
from snowflake.oidc.tokens.access_token import access_token
from snowflake.oidc.tokens.opaque import opaque_token
from snowflake.state import State


async def with_token(front: Front, state: State) -> dict[str, str]:
    """Issue an access token, and keep its grant.

    Raises:
        InvalidGrant: the person has signed out meanwhile.
        TemporarilyUnavailable: the store cannot be reached.
    """
    client, redeemed, times = front.client, front.redeemed, front.times
    opaque = opaque_token(redeemed.grant, redeemed.scopes, client, times.iat)
    await state.store.logins.save_front(redeemed.grant, opaque)
    if opaque is not None:
        issued = opaque.token
    else:
        if front.in_uri:
            # UserInfo has the claims. Here they might make an address that no proxy lets pass.
            client = replace(client, claims_in_access_token=False)
        issued = await asyncio.to_thread(access_token, redeemed, client, state.keys, times)
    return {
        "access_token": issued,
        "token_type": TOKEN_TYPE,
        "expires_in": str(times.exp - times.iat),
        "scope": " ".join(redeemed.scopes),
    }
