"""Proof Key for Code Exchange (RFC 7636), with S256 alone."""

import hmac
import re
import secrets
from hashlib import sha256

from joserfc.util import urlsafe_b64encode

from snowflake.errors import InvalidGrant, InvalidRequest
from snowflake.protocol.parameters import Parameters

METHOD = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def new_verifier() -> str:
    """Make a verifier of 256 random bits."""
    return secrets.token_urlsafe(32)


def challenge_of(verifier: str) -> str:
    """Compute the S256 challenge of a verifier (section 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode()


def requested_challenge(params: Parameters) -> str | None:
    """Read the challenge of an authorization request (section 4.3), None if it uses no PKCE.

    Raises:
        InvalidRequest: the method is not S256, or a challenge or method stands alone.
    """
    challenge, method = params.get("code_challenge"), params.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise InvalidRequest(
                "code_challenge_method was sent without code_challenge; "
                "set PKCE to S256 in the application or switch it off"
            )
        return None
    if method != METHOD:
        raise InvalidRequest(f"code_challenge_method must be {METHOD}")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("code_challenge must be 43 base64url characters")
    return challenge


def check_verifier(challenge: str | None, verifier: str | None) -> None:
    """Hold the verifier of a token request against the challenge of its login (section 4.6).

    Raises:
        InvalidGrant: they do not belong together, or only one of the two was sent. A verifier
            without a challenge is refused so that nobody can strip PKCE from a request unseen
            (RFC 9700, section 4.8.2).
    """
    if challenge is None and verifier is None:
        return
    if challenge is None:
        raise InvalidGrant("code_verifier was sent for a login without code_challenge")
    if verifier is None:
        raise InvalidGrant("code_verifier is missing")
    if not _VERIFIER.fullmatch(verifier):
        raise InvalidGrant("code_verifier must be 43 to 128 unreserved characters")
    if not hmac.compare_digest(challenge_of(verifier), challenge):
        raise InvalidGrant("code_verifier does not match code_challenge")
