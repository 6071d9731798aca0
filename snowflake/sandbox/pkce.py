"""Proof of who began a login (RFC 7636)."""

import base64
import hashlib
import hmac


def verifies(challenge: str | None, verifier: str | None) -> bool:
    """Tell whether a challenge was made of a verifier, by S256 (section 4.6); not without both."""
    if challenge is None or verifier is None or not verifier.isascii():
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    computed = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(computed, challenge.encode())
