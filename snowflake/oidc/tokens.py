"""Minting and checking tokens. Every grant ends in one value, minted here."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from joserfc.errors import ClaimError
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64encode

from snowflake.errors import InvalidRequest, InvalidToken
from snowflake.oidc.scopes import SCOPES, Claims
from snowflake.protocol.paths import USERINFO
from snowflake.registry import Client
from snowflake.state import State
from snowflake.store.grants import Grant

#: The ``typ`` of access tokens (RFC 9068, section 2.1), which no ID token has.
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105
#: That of ID tokens.
ID_TOKEN_TYPE = "JWT"  # noqa: S105
#: How access tokens are presented (RFC 6750).
TOKEN_TYPE = "Bearer"  # noqa: S105
#: Claims of an access token that are checked. Not ``iat``: clocks of two Snowflakes may differ.
CHECKED_CLAIMS = ("iss", "aud", "exp", "sub", "grant", "scope", "client_id")
#: Characters of an access token. With 200 guilds it has about 6,000.
MAX_LENGTH = 32_768


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a token request comes to: a grant, and what the answer says beside it.

    ``scopes`` are those of this answer, which may be fewer than the grant's.
    """

    grant: Grant
    scopes: tuple[str, ...]
    refresh_token: str | None
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token that was signed here and has not expired. Times are Unix times."""

    grant_id: str
    client_id: str
    scopes: tuple[str, ...]
    claims: Mapping[str, Any]


def mint(redeemed: Redeemed, client: Client, state: State) -> Claims:
    """Sign tokens: the answer of RFC 6749, section 5.1, with an ID token.

    ``expires_in`` is in seconds.
    """
    grant = redeemed.grant
    issued = int(state.clock())
    # No token is told to live longer than its grant does.
    lifetime = min(int(client.token_lifetime.total_seconds()), grant.expires_at - issued)
    times = {"iat": issued, "exp": issued + lifetime}
    scope = " ".join(redeemed.scopes)
    claims = claims_within(grant.claims, redeemed.scopes)
    key = state.keys.current
    access_token = key.sign(
        {
            "iss": grant.issuer,
            "aud": userinfo_url(grant.issuer),
            "client_id": grant.client_id,
            "scope": scope,
            "grant": grant.id,
            "jti": secrets.token_urlsafe(16),
            **times,
            **claims,
        },
        typ=ACCESS_TOKEN_TYPE,
    )
    id_token = key.sign(
        {
            "iss": grant.issuer,
            "aud": grant.client_id,
            "auth_time": grant.auth_time,
            "at_hash": at_hash(access_token),
            "jti": secrets.token_urlsafe(16),
            **({"nonce": redeemed.nonce} if redeemed.nonce is not None else {}),
            **times,
            **(claims if client.includes_claims else {"sub": claims["sub"]}),
        }
    )
    answer: Claims = {
        "access_token": access_token,
        "token_type": TOKEN_TYPE,
        "expires_in": lifetime,
        "id_token": id_token,
        "scope": scope,
    }
    if redeemed.refresh_token is not None:
        answer["refresh_token"] = redeemed.refresh_token
    return answer


async def read_access_token(token: str, state: State) -> AccessToken:
    """Check an access token (RFC 9068, section 4). Whether its grant has ended is not looked up.

    Raises:
        InvalidToken: it is expired, was not signed here, or is another kind of token.
    """
    try:
        if len(token) > MAX_LENGTH:
            raise ValueError("is longer than any access token")
        claims = await state.keys.verify(token, ACCESS_TOKEN_TYPE)
        issuer = state.settings.issuer or str(claims.get("iss"))
        JWTClaimsRegistry(
            now=int(state.clock()),
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": userinfo_url(issuer)},
            exp={"essential": True},
            sub={"essential": True},
            grant={"essential": True},
            scope={"essential": True},
            client_id={"essential": True},
        ).validate({name: claims[name] for name in CHECKED_CLAIMS if name in claims})
    except (ValueError, ClaimError) as error:
        raise InvalidToken("the access token is expired, damaged or of another kind") from error
    return AccessToken(claims["grant"], claims["client_id"], tuple(claims["scope"].split()), claims)


async def client_of_id_token(token: str, state: State) -> str:
    """Answer for which client an ID token was issued, as a hint; it may have expired.

    Raises:
        InvalidRequest: it was not signed here.
    """
    try:
        claims = await state.keys.verify(token, ID_TOKEN_TYPE)
    except ValueError as error:
        raise InvalidRequest("id_token_hint is no ID token of this issuer") from error
    return str(claims["aud"])


async def grant_of(token: AccessToken, state: State) -> Grant:
    """Answer the grant of an access token.

    Raises:
        InvalidToken: the grant has ended.
    """
    grant = await state.store.grants.find(token.grant_id)
    if grant is None or grant.client_id != token.client_id:
        raise InvalidToken("the access token has been revoked")
    return grant


def claims_within(claims: Mapping[str, Any], scopes: Iterable[str]) -> Claims:
    """Answer those claims of a grant that the scopes give."""
    names = {name for scope in scopes for name in SCOPES[scope].claims}
    return {name: value for name, value in claims.items() if name in names}


def userinfo_url(issuer: str) -> str:
    """Answer the URL of the UserInfo endpoint, the audience of access tokens."""
    return issuer + USERINFO


def at_hash(access_token: str) -> str:
    """Compute the ``at_hash`` of an access token (OpenID Connect Core 1.0, section 3.1.3.6)."""
    return urlsafe_b64encode(sha256(access_token.encode()).digest()[:16]).decode()
