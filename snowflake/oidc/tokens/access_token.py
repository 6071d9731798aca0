"""Access tokens of people (RFC 9068): made, and read where one is presented (``reading``)."""

import secrets
from dataclasses import dataclass
from typing import Any, Final

from joserfc.errors import ClaimError
from joserfc.jwt import JWTClaimsRegistry

from snowflake.errors import InvalidToken
from snowflake.oidc.scopes import Claims
from snowflake.oidc.tokens import Redeemed
from snowflake.oidc.tokens.fitting import claims_within, ever_fewer, sign_first_within
from snowflake.oidc.tokens.times import Times
from snowflake.protocol.paths import USERINFO
from snowflake.settings.client import Client
from snowflake.settings.issuers import base_of
from snowflake.state import State
from snowflake.state.key_ring import KeyRing
from snowflake.store.grants import Grant, Grants

#: Their ``typ`` (RFC 9068, section 2.1), which no ID token has.
ACCESS_TOKEN_TYPE: Final = "at+jwt"  # noqa: S105
#: Claims that are checked. Not ``iat``: clocks of two Snowflakes may differ.
CHECKED_CLAIMS = ("iss", "aud", "exp", "sub", "grant", "scope", "client_id")
#: Characters up to which claims are put into one. With it in a header, requests have to pass
#: proxies, many of which take 8 KB of all headers.
ROOM: Final = 4096


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token that was issued here and has not expired. Times are Unix times.

    ``sid`` is the name by which the client knew the session in which it was issued. ``jti`` is the
    name of a JSON Web Token.
    """

    grant_id: str
    client_id: str
    issuer: str
    audience: str
    scopes: tuple[str, ...]
    times: Times
    sid: str | None
    jti: str | None


def access_token(redeemed: Redeemed, client: Client, keys: KeyRing, times: Times) -> str:
    """Sign an access token. It holds the claims too, as far as there is room for them."""
    of_token, key = _of_token(redeemed, times), keys.signs_access_tokens(client)
    if not client.claims_in_access_token:
        return key.sign(of_token, ACCESS_TOKEN_TYPE)
    claims = claims_within(redeemed.grant.claims, redeemed.scopes, client)
    return sign_first_within(ROOM, key, of_token, ever_fewer(claims, client), ACCESS_TOKEN_TYPE)


def _of_token(redeemed: Redeemed, times: Times) -> Claims:
    """Answer the claims of the token itself: whose it is, and what it is good for."""
    grant, sid = redeemed.grant, redeemed.grant.sid
    return {
        "iss": grant.issuer,
        "sub": grant.claims["sub"],
        "aud": userinfo_url(base_of(grant.issuer, grant.client_id)),
        "client_id": grant.client_id,
        "scope": " ".join(redeemed.scopes),
        "grant": grant.id,
        "jti": secrets.token_urlsafe(16),
        **({"sid": sid} if sid is not None else {}),
        **times._asdict(),
    }


# Claims are what JSON has.
def access_token_of(claims: dict[str, Any], now: float) -> AccessToken:
    """Check what a signed access token of a person says (RFC 9068, section 4).

    Raises:
        ValueError: it is expired, or not for us.
    """
    base = base_of(str(claims.get("iss")), str(claims.get("client_id")))
    try:
        JWTClaimsRegistry(
            now=int(now),
            iss={"essential": True},
            aud={"essential": True, "value": userinfo_url(base)},
            exp={"essential": True},
            sub={"essential": True},
            grant={"essential": True},
            scope={"essential": True},
            client_id={"essential": True},
        ).validate({name: claims[name] for name in CHECKED_CLAIMS if name in claims})
    except ClaimError as error:
        raise ValueError(str(error)) from error
    return AccessToken(
        grant_id=claims["grant"],
        client_id=claims["client_id"],
        issuer=claims["iss"],
        audience=claims["aud"],
        scopes=tuple(claims["scope"].split()),
        times=Times(claims["iat"], claims["exp"]),
        sid=claims.get("sid"),
        jti=claims["jti"],
    )


async def find_opaque(token: str, state: State) -> AccessToken | None:
    """Answer what an opaque access token of a person stands for, if it has not expired."""
    found = await state.store.access_tokens.find(token)
    if found is None or found.means.expires_at <= state.clock():
        return None
    means = found.means
    return AccessToken(
        grant_id=means.grant_id,
        client_id=found.client_id,
        issuer=found.issuer,
        audience=userinfo_url(base_of(found.issuer, found.client_id)),
        scopes=means.scopes,
        times=Times(means.issued_at, means.expires_at),
        sid=means.sid,
        jti=None,
    )


async def grant_of(token: AccessToken, grants: Grants) -> Grant:
    """Answer the grant of an access token.

    Raises:
        InvalidToken: the grant has ended, or the session in which the token was issued.
    """
    grant = await grants.find(token.grant_id)
    # Whichever issuer the client has by now, or Snowflake itself, which may have moved.
    expected = (token.client_id, token.issuer)
    if grant is None or (grant.client_id, grant.issuer) != expected:
        raise InvalidToken("the access token has been revoked")
    if token.sid not in {None, grant.sid}:
        raise InvalidToken("the session of the access token has ended")
    return grant


def userinfo_url(issuer: str) -> str:
    """Answer the URL of the UserInfo endpoint, the audience of access tokens."""
    return issuer + USERINFO
