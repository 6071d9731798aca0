"""The algorithms by which an ID token may be signed (RFC 7518, section 3.1; RFC 8037)."""

from collections.abc import Callable
from hashlib import sha256, sha384, sha512
from typing import Any, Final

#: Algorithm -> its hash function, by which at_hash is made. All are asymmetric: "none" proves
#: nothing, and HS256 would make a key of the client secret.
HASHES: Final[dict[str, Callable[[bytes], Any]]] = {  # hashlib names no type for what they answer
    "RS256": sha256,
    "RS384": sha384,
    "RS512": sha512,
    "PS256": sha256,
    "PS384": sha384,
    "PS512": sha512,
    "ES256": sha256,
    "ES384": sha384,
    "ES512": sha512,
    "EdDSA": sha512,
}

#: The beginning of an algorithm's name -> the type of its keys.
_KEY_TYPES: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


def key_type_of(algorithm: str) -> str:
    """Answer the type of the keys of one of these algorithms."""
    return _KEY_TYPES[algorithm[:2]]
