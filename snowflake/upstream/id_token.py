"""Verifying an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc.errors import ClaimError
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64encode

from snowflake.errors import UpstreamStep, UpstreamUntrusted
from snowflake.upstream.algorithms import HASHES
from snowflake.upstream.bounds import MAX_SUBJECT
from snowflake.upstream.jwks import Keys
from snowflake.upstream.signatures import SignedToken

#: Seconds by which the provider's clock may differ from ours.
LEEWAY: Final = 60


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token has to say.

    ``nonce`` is that of the login; None at a refresh, whose ID token needs none (section 12.2).
    ``subject`` is whom it has to be about, None if anybody.
    """

    issuer: str
    client_id: str
    access_token: str = field(repr=False)
    nonce: str | None = field(default=None, repr=False)
    subject: str | None = None


async def verify(
    id_token: str, keys: Keys, algorithms: Collection[str], now: float, expected: Expected
) -> dict[str, Any]:
    """Answer the claims of an ID token that is all that it has to be.

    ``algorithms`` are those of ``HASHES`` that the provider names; ``now`` is Unix time.

    Raises:
        UpstreamUntrusted: it is not.
        UpstreamError: the provider's keys cannot be fetched.
    """
    # 1. Who has signed it, and how?
    try:
        token = SignedToken(id_token, algorithms)
    except ValueError as error:
        raise UpstreamUntrusted("ID token", str(error)) from None
    if token.algorithm not in algorithms:
        raise UpstreamUntrusted("ID token", "signed in a way that the provider does not name")
    key = await keys.find(token.kid, token.algorithm)
    # 2. Is it so?
    if not token.is_signed_by(key):
        raise UpstreamUntrusted("ID token", "bad signature")
    # 3. Does it say what it has to?
    try:
        claims = token.claims()
    except ValueError:
        raise UpstreamUntrusted("ID token", "holds no JSON object") from None
    _check_registered(claims, now, expected)
    _check_party(claims, expected)
    _check_hash(claims, token.algorithm, expected.access_token)
    return claims


def check_subject(step: UpstreamStep, subject: object, expected: str | None = None) -> str:
    """Answer the ``sub`` of a step that is well-formed, and just the one expected, if one is.

    Raises:
        UpstreamUntrusted: it is not.
    """
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise UpstreamUntrusted(step, "sub is missing or too long")
    if not subject.isascii() or not subject.isprintable():
        raise UpstreamUntrusted(step, "sub holds characters that it may not hold")
    if expected is not None and subject != expected:
        raise UpstreamUntrusted(step, "sub is another person's")
    return subject


def _check_registered(claims: dict[str, Any], now: float, expected: Expected) -> None:
    registered = JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registered.validate(claims)
    except ClaimError as error:
        raise UpstreamUntrusted("ID token", f"bad {error.claim}") from None
    check_subject("ID token", claims.get("sub"), expected.subject)


def _check_party(claims: dict[str, Any], expected: Expected) -> None:
    """Check that it was made for this client, and at this login."""
    audience = claims["aud"]
    is_shared = isinstance(audience, list) and len(audience) > 1
    # One that is for others too has to name us as who asked for it.
    if (is_shared or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise UpstreamUntrusted("ID token", "bad azp")
    if expected.nonce is None:
        return
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not _equal(nonce, expected.nonce):
        raise UpstreamUntrusted("ID token", "bad nonce")


def _check_hash(claims: dict[str, Any], algorithm: str, access_token: str) -> None:
    """Check that the access token is the one that came with it (section 3.1.3.6)."""
    if "at_hash" not in claims:
        return
    digest: bytes = HASHES[algorithm](access_token.encode()).digest()
    half = urlsafe_b64encode(digest[: len(digest) // 2]).decode()
    at_hash = claims["at_hash"]
    if not isinstance(at_hash, str) or not _equal(at_hash, half):
        raise UpstreamUntrusted("ID token", "bad at_hash")


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
