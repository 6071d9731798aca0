"""Public keys of applications, as an operator may write them: PEM, or a JSON Web Key."""

import json
from functools import lru_cache
from typing import Any, Final
from warnings import catch_warnings, simplefilter

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, RSAKey

PublicKey = RSAKey | ECKey
#: Bits that an RSA key has (RFC 7518, section 4.3), at least and at most.
RSA_SIZES: Final = range(2048, 16_384 + 1)
#: Curves of EC keys (RFC 7518, section 6.2.1.1).
CURVES: Final = ("P-256", "P-384", "P-521")
#: Keys that are kept read, since one is read for each token.
KEPT: Final = 256

_PRIVATE: Final = "is a private key, which the application keeps to itself; give the public one"
_UNKNOWN: Final = "is neither a PEM public key or certificate nor a JSON Web Key"
#: What is read of a JSON Web Key. Others limit its use.
_MEMBERS: Final = ("kty", "n", "e", "crv", "x", "y", "kid")


@lru_cache(KEPT)
def parse_public_key(text: str) -> PublicKey:
    """Read the RSA or EC key of somebody else. It has an ID, its thumbprint unless it has a name.

    Raises:
        ValueError: it is none, is private, too weak, or of a kind that is of no use here.
    """
    try:
        with catch_warnings():
            # Whoever reads it has a key that is too short refused.
            simplefilter("ignore", SecurityWarning)
            key = _of_jwk(text) if text.lstrip().startswith("{") else _of_pem(text)
    except (JoseError, UnsupportedAlgorithm, TypeError, RecursionError, KeyError):
        raise ValueError(_UNKNOWN) from None
    if isinstance(key, RSAKey) and key.raw_value.key_size not in RSA_SIZES:
        raise ValueError(f"must have {RSA_SIZES[0]} to {RSA_SIZES[-1]} bits")
    if isinstance(key, ECKey) and key.curve_name not in CURVES:
        raise ValueError(f"must be on one of the curves {', '.join(CURVES)}")
    key.ensure_kid()
    return key


def _of_jwk(text: str) -> PublicKey:
    try:
        # Whatever somebody has written.
        value: Any = json.loads(text)
    except ValueError:
        raise ValueError(_UNKNOWN) from None
    if "d" in value or value.get("kty") == "oct":
        raise ValueError(_PRIVATE)
    if value.get("use", "enc") != "enc":
        raise ValueError("is a key for another use than encryption")
    members = {name: value[name] for name in _MEMBERS if value.get(name)}
    try:
        return (ECKey if value["kty"] == "EC" else RSAKey).import_key(members)
    except ValueError:
        raise ValueError(_UNKNOWN) from None


def _of_pem(text: str) -> PublicKey:
    if "PRIVATE KEY-----" in text:
        raise ValueError(_PRIVATE)
    pem = text.strip().encode()
    try:
        is_certificate = b"BEGIN CERTIFICATE-----" in pem
        key = (
            load_pem_x509_certificate(pem).public_key()
            if is_certificate
            else load_pem_public_key(pem)
        )
    except ValueError:
        raise ValueError(_UNKNOWN) from None
    if isinstance(key, RSAPublicKey):
        return RSAKey.import_key(key)
    if isinstance(key, EllipticCurvePublicKey):
        return ECKey.import_key(key)
    raise ValueError("must be an RSA or an EC key")
