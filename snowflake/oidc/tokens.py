"""Minting and checking tokens. Every grant ends in one value, minted here."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import structlog
from joserfc.errors import ClaimError
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64encode

from snowflake.crypto.keys import MAX_TOKEN, SigningKey
from snowflake.errors import InvalidToken
from snowflake.oidc.scopes import SCOPES, Claims
from snowflake.protocol.paths import USERINFO
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.state.key_ring import KeyRing
from snowflake.store.grants import Grant, Grants

#: The ``typ`` of access tokens (RFC 9068, section 2.1), which no ID token has.
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105
#: That of ID tokens.
ID_TOKEN_TYPE = "JWT"  # noqa: S105
#: How access tokens are presented (RFC 6750).
TOKEN_TYPE = "Bearer"  # noqa: S105
#: Claims of an access token that are checked. Not ``iat``: clocks of two Snowflakes may differ.
CHECKED_CLAIMS = ("iss", "aud", "exp", "sub", "grant", "scope", "client_id")
#: Characters of an access token up to which claims are put into it. With it in a header, requests
#: have to pass proxies, many of which take 8 KB of all headers.
ROOM = 4096
#: Those of one that is read: without claims it is longer than ``ROOM`` where key and issuer are.
MAX_ACCESS_TOKEN = 8192
#: Scopes whose claims are left out of an access token that would be too long, first those of the
#: first one. At last all but ``sub`` are.
LEFT_OUT = ("discord", "groups", "profile", "email")
#: What is said of an ``id_token_hint`` that is of no use.
BAD_HINT = "id_token_hint is no ID token of this issuer"


_log = structlog.get_logger(__name__)


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


@dataclass(frozen=True, slots=True)
class IdToken:
    """What an ID token that was signed here says: for which client it was issued, of whom.

    ``sid`` is the name by which the client knows the session, if it was issued in one.
    """

    client_id: str
    person: str
    sid: str | None


def mint(redeemed: Redeemed, client: Client, keys: KeyRing, now: float) -> Claims:
    """Sign tokens: the answer of RFC 6749, section 5.1, with an ID token.

    ``expires_in`` is in seconds.
    """
    grant = redeemed.grant
    issued = int(now)
    # No token is told to live longer than its grant does, or its session.
    ends = [grant.expires_at, *([grant.session_ends] if grant.session_ends is not None else [])]
    lifetime = min(int(client.token_lifetime.total_seconds()), min(ends) - issued)
    session = {"sid": grant.sid} if grant.sid is not None else {}
    times = {"iat": issued, "exp": issued + lifetime}
    scope = " ".join(redeemed.scopes)
    claims = claims_within(grant.claims, redeemed.scopes)
    key = keys.current
    of_access: Claims = {
        "iss": grant.issuer,
        "aud": userinfo_url(grant.issuer),
        "client_id": grant.client_id,
        "scope": scope,
        "grant": grant.id,
        "jti": secrets.token_urlsafe(16),
        **session,
        **times,
    }
    fewer = list(_ever_fewer(claims))
    candidates = fewer if client.claims_in_access_token else fewer[-1:]
    access_token = _sign_first_within(ROOM, key, of_access, candidates, ACCESS_TOKEN_TYPE)
    of_id: Claims = {
        "iss": grant.issuer,
        "aud": grant.client_id,
        "auth_time": grant.auth_time,
        "at_hash": at_hash(access_token),
        "jti": secrets.token_urlsafe(16),
        **({"nonce": redeemed.nonce} if redeemed.nonce is not None else {}),
        **session,
        **times,
    }
    candidates = [claims, fewer[-1]] if client.includes_claims else fewer[-1:]
    id_token = _sign_first_within(MAX_TOKEN, key, of_id, candidates, ID_TOKEN_TYPE)
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


def _ever_fewer(claims: Claims) -> Iterator[Claims]:
    """Answer the claims, then those without what is wanted least, and at last ``sub`` alone."""
    yield claims
    for scope in LEFT_OUT:
        claims = {name: claims[name] for name in claims if name not in SCOPES[scope].claims}
        yield claims
    yield {"sub": claims["sub"]}


def _sign_first_within(
    longest: int, key: SigningKey, of_token: Claims, candidates: Sequence[Claims], typ: str
) -> str:
    """Sign the first claims with which a token is no longer than that, or else the last ones."""
    for claims in candidates[:-1]:
        if key.length({**of_token, **claims}, typ) <= longest:
            return key.sign({**of_token, **claims}, typ)
    if len(candidates) > 1:
        _log.warning("claims_left_out", of=typ, but_for="sub")
    return key.sign({**of_token, **candidates[-1]}, typ)


async def read_access_token(token: str, state: State) -> AccessToken:
    """Check an access token (RFC 9068, section 4). Whether its grant has ended is not looked up.

    Raises:
        InvalidToken: it is expired, was not signed here, or is another kind of token.
    """
    try:
        if len(token) > MAX_ACCESS_TOKEN:
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


async def read_hint(token: str, keys: KeyRing) -> IdToken:
    """Read an ID token that was sent as a hint; it may have expired.

    Raises:
        ValueError: it was not signed here.
    """
    claims = await keys.verify(token, ID_TOKEN_TYPE)
    sid = claims.get("sid")
    return IdToken(str(claims["aud"]), str(claims["sub"]), str(sid) if sid is not None else None)


async def grant_of(token: AccessToken, grants: Grants) -> Grant:
    """Answer the grant of an access token.

    Raises:
        InvalidToken: the grant has ended, or the session in which the token was issued.
    """
    grant = await grants.find(token.grant_id)
    if grant is None or grant.client_id != token.client_id:
        raise InvalidToken("the access token has been revoked")
    if token.claims.get("sid") not in {None, grant.sid}:
        raise InvalidToken("the session of the access token has ended")
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
