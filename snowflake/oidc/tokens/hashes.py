"""``at_hash`` and ``c_hash``: what ties an ID token to a token or a code that comes with it."""

import hashlib

from joserfc.util import urlsafe_b64encode

from snowflake.crypto.algorithms import Algorithm


def half_hash(value: str, algorithm: Algorithm) -> str:
    """Compute ``at_hash`` of an access token, or ``c_hash`` of a code.

    The function is that of the algorithm by which the ID token is signed (OpenID Connect Core 1.0,
    sections 3.1.3.6 and 3.3.2.11).
    """
    digest = hashlib.new(algorithm.hash, value.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).decode()
