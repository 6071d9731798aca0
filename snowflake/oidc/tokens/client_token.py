"""Access tokens that clients get for themselves (RFC 6749, section 4.4; RFC 9068)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from snowflake.oidc.scopes import Claims
from snowflake.oidc.tokens import TOKEN_TYPE
from snowflake.oidc.tokens.access_token import ACCESS_TOKEN_TYPE, ROOM
from snowflake.oidc.tokens.fitting import sign_first_within
from snowflake.settings.client import Client
from snowflake.settings.registry import Registry
from snowflake.state import State
from snowflake.state.key_ring import KeyRing
from snowflake.store.client_tokens import KeptClientToken
from snowflake.store.refresh_tokens import new_token

#: What a JSON Web Token says that may be otherwise by now, where the configuration has changed.
_SAID: Final = ("iss", "aud", "jti")


@dataclass(frozen=True, slots=True)
class ClientToken:
    """A client's own access token, which is kept by its ``name``: its ``jti``, or all of it.

    ``said`` is by whom and for whom it is, as it stands in one that was presented and can be read.
    """

    name: str
    kept: KeptClientToken
    said: Mapping[str, object] = field(default_factory=dict)


def new_name(client: Client) -> str:
    """Make the name of a new token, of at least 128 random bits.

    That of a JSON Web Token is no secret. It has a dot, as no opaque token has, so that it opens
    nothing where it is presented as one.
    """
    return new_token() if client.has_opaque_access_tokens else f"jwt.{secrets.token_urlsafe(16)}"


def answer_with(
    token: ClientToken, claims: Claims, client: Client, issuer: str, keys: KeyRing
) -> Claims:
    """Sign a token, if it is to say anything, and answer it (RFC 6749, section 5.1).

    ``issuer`` is that of everybody. There is no refresh token (section 4.4.3), and no ID token.
    """
    kept = token.kept
    answer: Claims = {
        "access_token": token.name
        if client.has_opaque_access_tokens
        else _signed(token, claims, client, issuer, keys),
        "token_type": TOKEN_TYPE,
        "expires_in": kept.expires_at - kept.issued_at,
    }
    # A scope has at least one word (section 3.3).
    return {**answer, "scope": " ".join(kept.scopes)} if kept.scopes else answer


def _signed(token: ClientToken, claims: Claims, client: Client, issuer: str, keys: KeyRing) -> str:
    of_token = {**about(token.kept, client, issuer), "jti": token.name}
    key = keys.signs_access_tokens(client)
    return sign_first_within(ROOM, key, of_token, [claims], ACCESS_TOKEN_TYPE)


def about(kept: KeptClientToken, client: Client, issuer: str) -> Claims:
    """Answer what a token says of itself (RFC 9068, section 2.2), where ``issuer`` is everybody's.

    The client is known by the same name in ``sub`` and ``client_id``, unless somebody else's JWT
    has said more.
    """
    own = client.issuer_below(issuer)
    return {
        "iss": own,
        "sub": kept.subject,
        "aud": client.audience or own,
        "client_id": client.id,
        **({"scope": " ".join(kept.scopes)} if kept.scopes else {}),
        "iat": kept.issued_at,
        "exp": kept.expires_at,
    }


def introspected(token: ClientToken, client: Client, issuer: str) -> Claims:
    """Answer what a token that was presented says of itself, one without words as it is now."""
    return {**about(token.kept, client, issuer), **token.said}


async def client_token_of(claims: Claims, state: State) -> ClientToken | None:
    """Answer the client's own access token that says this of itself; None if it does not live.

    Raises:
        TemporarilyUnavailable: the store cannot be asked.
    """
    said = {name: claims[name] for name in _SAID}
    return await find_by_name(str(said["jti"]), state, said)


async def find_by_name(
    name: str, state: State, said: Mapping[str, object] | None = None
) -> ClientToken | None:
    """Answer the client's own access token of a name; None if none lives. Raises likewise."""
    kept = await state.store.client_tokens.find(name)
    if kept is None or kept.expires_at <= state.clock() or not _may_have(kept, state.registry):
        return None
    return ClientToken(name, kept, said or {})


def _may_have(kept: KeptClientToken, registry: Registry) -> bool:
    """Whether the client may still have such a token, as it is configured now."""
    client = registry.find(kept.client_id)
    return client is not None and client.gets_own_tokens
