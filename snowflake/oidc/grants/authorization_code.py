"""The authorization code grant (RFC 6749, section 4.1.3)."""

import asyncio

from pydantic import SecretStr

from snowflake.errors import InvalidClient, InvalidGrant
from snowflake.oidc import pkce, redirects, scopes
from snowflake.oidc.clients import Credentials
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.parameters import MAX_SIZE, Parameters
from snowflake.oidc.scopes import Person
from snowflake.oidc.tokens import Grant
from snowflake.sealing import BadNote
from snowflake.state import State


async def authorization_code(credentials: Credentials, params: Parameters, state: State) -> Grant:
    """Redeem a code of the callback.

    Discord checks the client's secret, and that its own code inside is used once. A wrong secret
    or an outage spends neither.

    Raises:
        InvalidGrant: the code is not this client's, for another redirect URI, expired or used.
        InvalidClient: the secret is wrong, or a public client used no PKCE.
        TemporarilyUnavailable: Discord gave no usable answer.
    """
    # 1. The code, this client's own.
    note = _open(credentials, params, state)

    # 2. What it is bound to.
    redirect_uri = params.require("redirect_uri", redirects.MAX_LENGTH)
    if redirects.unwrap(redirect_uri, note.issuer) != note.redirect_uri:
        raise InvalidGrant("redirect_uri is not the one of the authorization request")
    pkce.check_verifier(note.code_challenge, params.get("code_verifier"))
    if credentials.secret is None and note.code_challenge is None:
        # Discord would take our own verifier for the application's.
        raise InvalidClient("a client without secret must use PKCE")

    # 3. Discord's tokens, then everything that the scopes need, side by side.
    tokens = await state.discord.exchange_code(
        client_id=note.client_id,
        client_secret=credentials.secret,
        code=note.discord_code,
        redirect_uri=note.discord_redirect_uri,
        code_verifier=note.verifier,
    )
    granted = scopes.granted(note.scope.split(), tokens.scopes)
    person = await _person(granted, tokens.access_token, state)
    return Grant(
        client_id=note.client_id,
        issuer=note.issuer,
        scopes=granted,
        claims=scopes.claims_of(person, granted),
        auth_time=note.auth_time,
        nonce=note.nonce,
    )


def _open(credentials: Credentials, params: Parameters, state: State) -> CodeNote:
    code = params.require("code", MAX_SIZE)
    lifetime = state.settings.code_lifetime.total_seconds()
    try:
        note = state.sealer.open(CodeNote, code, lifetime, state.clock())
    except BadNote as error:
        raise InvalidGrant("the code is expired or not one of ours") from error
    if note.client_id != credentials.client_id:
        raise InvalidGrant("the code was issued to another client")
    return note


async def _person(granted: list[str], access_token: SecretStr, state: State) -> Person:
    if "guilds" in scopes.discord_scopes(granted):
        user, guilds = await asyncio.gather(
            state.discord.user(access_token), state.discord.guilds(access_token)
        )
    else:
        user, guilds = await state.discord.user(access_token), []
    trusted = user.verified or state.settings.include_unverified_email
    return Person(user, tuple(guilds), user.email if trusted else None)
