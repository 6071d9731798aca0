"""The UserInfo endpoint (OpenID Connect Core 1.0, section 5.3)."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.errors import (
    InsufficientScope,
    InvalidClient,
    InvalidGrant,
    InvalidToken,
    MissingToken,
    TemporarilyUnavailable,
    TokenSentTwice,
)
from snowflake.oidc.acquaintances import SecretNeeded
from snowflake.oidc.clients import client_of
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.freshness import age_of, as_it_is, brought_up_to_date
from snowflake.oidc.requested_claims import requested_at
from snowflake.oidc.scopes import allowed
from snowflake.oidc.tokens.access_token import AccessToken, grant_of
from snowflake.oidc.tokens.client_token import ClientToken
from snowflake.oidc.tokens.fitting import claims_within
from snowflake.oidc.tokens.reading import read_access_token
from snowflake.oidc.tokens.userinfo import MEDIA_TYPE, signed_userinfo
from snowflake.protocol.caller import caller_of
from snowflake.protocol.parameters import FORM, content_type, form
from snowflake.settings.client import Client
from snowflake.state import State, state_of
from snowflake.store.grants import Grant
from snowflake.telemetry.audit import audit


async def userinfo(request: Request) -> Response:
    """Answer the claims of the person whose access token was sent.

    Those that are older than ``SNOWFLAKE_USERINFO_FRESH`` are brought up to date first, as at a
    refresh: somebody who is not let in any more loses the grant.

    Raises:
        InsufficientScope: the token is about no person.
        InvalidToken: the token is no good, its grant has ended, or ends now.
        TemporarilyUnavailable: Discord gave no usable answer, and the claims are too old.
    """
    state = state_of(request)

    # 1. The token.
    token = await _of_a_person(await _bearer_token(request), state)

    # 2. Its grant, and whose it is.
    grant = await grant_of(token, state.store.grants)
    client = client_of(grant, state.registry)

    # 3. Fresh claims.
    if not _is_fresh(grant, client, state):
        grant = await _fresh(grant, Credentials(client, None, caller_of(request)), state)
    also = requested_at("userinfo", grant, token.scopes, client)
    claims = claims_within(grant.claims, allowed(token.scopes, client), client, also)

    # 4. The answer, signed if the client wants it so. Meanwhile others can be served.
    if not client.wants_signed_userinfo:
        return JSONResponse(claims)
    signer = state.keys.signs_for(client)
    signed = await asyncio.to_thread(signed_userinfo, claims, grant.issuer, client, signer)
    return Response(signed, media_type=MEDIA_TYPE)


async def _of_a_person(sent: str, state: State) -> AccessToken:
    """Read an access token.

    Raises:
        InsufficientScope: a client got it for itself.
        InvalidToken: it is no good.
    """
    token = await read_access_token(sent, state)
    if isinstance(token, ClientToken):
        raise InsufficientScope("the access token is about no person")
    return token


def _is_fresh(grant: Grant, client: Client, state: State) -> bool:
    fresh = client.userinfo_fresh.total_seconds()
    return not fresh or age_of(grant, state) < fresh


async def _fresh(grant: Grant, credentials: Credentials, state: State) -> Grant:
    """Bring a grant up to date, once for all who ask meanwhile."""
    bring = partial(_bring_up_to_date, grant, credentials, state)
    try:
        with state.discord.deadline():
            return await state.freshening.run(grant.id, bring)
    except (SecretNeeded, InvalidClient):
        # The application has got a secret at Discord since it signed somebody in without one.
        raise InvalidToken(
            "Discord has to be asked with the client secret; refresh first"
        ) from None
    except InvalidGrant as ended:
        raise InvalidToken(ended.description) from ended


async def _bring_up_to_date(grant: Grant, credentials: Credentials, state: State) -> Grant:
    """Ask Discord, unless another process has just done so, and keep what it says."""
    grants = state.store.grants
    async with AsyncExitStack() as stack:
        try:
            # Else the store would be asked for the lease in vain.
            state.discord.check_is_up()
            await stack.enter_async_context(grants.alone(grant.id, state.discord.left()))
        except TemporarilyUnavailable as outage:
            return (await as_it_is(grant, outage, credentials.client, state)).grant
        current = await grants.find(grant.id)
        if current is None:
            raise InvalidGrant("the access token has been revoked")
        if _is_fresh(current, credentials.client, state):
            return current
        try:
            fresh = (await brought_up_to_date(current, credentials, state)).grant
        except InvalidGrant as ended:
            audit("userinfo", ended.log_name, person=grant.person)
            raise
        if fresh is not current:
            await grants.renew_claims(fresh)
        return fresh


async def _bearer_token(request: Request) -> str:
    """Take the token from the header or from a form (RFC 6750, sections 2.1 and 2.2)."""
    scheme, _, in_header = request.headers.get("authorization", "").partition(" ")
    in_header = in_header.strip() if scheme.lower() == "bearer" else ""
    in_form = None
    if request.method == "POST" and content_type(request) == FORM:
        in_form = (await form(request)).get("access_token")
    if in_header and in_form:
        raise TokenSentTwice("the access token was sent twice")
    token = in_header or in_form
    if not token:
        raise MissingToken("send the access token in the Authorization header")
    return token
