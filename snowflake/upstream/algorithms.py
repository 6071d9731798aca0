"""The algorithms by which others may sign their tokens (RFC 7518, section 3.1; RFC 8037)."""

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
#: Algorithm -> the curves on which its keys are (RFC 7518, section 3.4; RFC 8037, section 3.1).
_CURVES: Final = {
    "ES256": ("P-256",),
    "ES384": ("P-384",),
    "ES512": ("P-521",),
    "EdDSA": ("Ed25519", "Ed448"),
}


def takes(algorithm: str, kty: str, crv: object) -> bool:
    """Whether one of these algorithms takes keys of a type, and of a curve if it has one."""
    return kty == _KEY_TYPES[algorithm[:2]] and crv in _CURVES.get(algorithm, (None,))
