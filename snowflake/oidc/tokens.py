"""Minting and checking tokens. Every grant ends in one value, minted here."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from joserfc.errors import ClaimError
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64encode

from snowflake.errors import InvalidToken
from snowflake.oidc.scopes import Claims
from snowflake.state import State

#: The ``typ`` of access tokens (RFC 9068, section 2.1), which no ID token has.
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105
#: Claims of an access token that speak of the token and not of the person.
TOKEN_CLAIMS = frozenset({"iss", "aud", "exp", "iat", "jti", "client_id", "scope"})
#: Claims of an access token that are checked. Not ``iat``: clocks of two Snowflakes may differ.
CHECKED_CLAIMS = ("iss", "aud", "exp", "sub")
#: Characters of an access token. With 200 guilds it has about 6,000.
MAX_LENGTH = 32_768


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed a client: the claims that it may know, and what its tokens say.

    ``claims`` include ``sub``; ``auth_time`` is a Unix time in seconds.
    """

    client_id: str
    issuer: str
    scopes: list[str]
    claims: Claims
    auth_time: int
    nonce: str | None


def mint(grant: Grant, state: State) -> Claims:
    """Sign the grant's tokens: the answer of RFC 6749, section 5.1, with an ID token.

    ``expires_in`` is in seconds.
    """
    issued, lifetime = int(state.clock()), int(state.settings.token_lifetime.total_seconds())
    times = {"iat": issued, "exp": issued + lifetime}
    scope = " ".join(grant.scopes)
    access_token = state.key.sign(
        {
            "iss": grant.issuer,
            "aud": userinfo_url(grant.issuer),
            "client_id": grant.client_id,
            "scope": scope,
            "jti": secrets.token_urlsafe(16),
            **times,
            **grant.claims,
        },
        typ=ACCESS_TOKEN_TYPE,
    )
    id_token = state.key.sign(
        {
            "iss": grant.issuer,
            "aud": grant.client_id,
            "auth_time": grant.auth_time,
            "at_hash": at_hash(access_token),
            "jti": secrets.token_urlsafe(16),
            **({"nonce": grant.nonce} if grant.nonce is not None else {}),
            **times,
            **grant.claims,
        }
    )
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": lifetime,
        "id_token": id_token,
        "scope": scope,
    }


def read_access_token(token: str, state: State) -> Claims:
    """Check an access token and answer its claims about the person (RFC 9068, section 4).

    Raises:
        InvalidToken: it is expired, was not signed here, or is another kind of token.
    """
    try:
        if len(token) > MAX_LENGTH:
            raise ValueError("is longer than any access token")
        claims = state.key.verify(token, ACCESS_TOKEN_TYPE)
        issuer = state.settings.issuer or str(claims.get("iss"))
        JWTClaimsRegistry(
            now=int(state.clock()),
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": userinfo_url(issuer)},
            exp={"essential": True},
            sub={"essential": True},
        ).validate({name: claims[name] for name in CHECKED_CLAIMS if name in claims})
    except (ValueError, ClaimError) as error:
        raise InvalidToken("the access token is expired, damaged or of another kind") from error
    return {name: value for name, value in claims.items() if name not in TOKEN_CLAIMS}


def userinfo_url(issuer: str) -> str:
    """Answer the URL of the UserInfo endpoint, the audience of access tokens."""
    return f"{issuer}/userinfo"


def at_hash(access_token: str) -> str:
    """Compute the ``at_hash`` of an access token (OpenID Connect Core 1.0, section 3.1.3.6)."""
    return urlsafe_b64encode(sha256(access_token.encode()).digest()[:16]).decode()
