"""Public keys of applications, as an operator may write them: PEM, or JSON Web Keys."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal
from warnings import catch_warnings, simplefilter

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

PublicKey = RSAKey | ECKey | OKPKey
#: What a key is for, as JSON Web Keys name it (RFC 7517, section 4.2).
Use = Literal["enc", "sig"]
#: Bits that an RSA key has (RFC 7518, section 4.3), at least and at most.
RSA_SIZES: Final = range(2048, 16_384 + 1)
#: Curves of EC keys (RFC 7518, section 6.2.1.1).
CURVES: Final = ("P-256", "P-384", "P-521")
#: Keys that are kept read, since one is read for each token.
KEPT: Final = 256

_KINDS: Final[Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]]] = {
    "RSA": RSAKey,
    "EC": ECKey,
    "OKP": OKPKey,
}
_PRIVATE: Final = "is a private key, which the application keeps to itself; give the public one"
_UNKNOWN: Final = "is neither a PEM public key or certificate nor a JSON Web Key"
#: What is read of a JSON Web Key. Others limit its use.
_MEMBERS: Final = ("kty", "n", "e", "crv", "x", "y", "kid")


@lru_cache(KEPT)
def parse_public_key(text: str, use: Use) -> PublicKey:
    """Read the key of somebody else: RSA or EC, or Ed25519 for signatures.

    It has an ID, its thumbprint unless it has a name.

    Raises:
        ValueError: it is none, is private, too weak, or of a kind that is of no use here.
    """
    try:
        with catch_warnings():
            # Whoever reads it has a key that is too short refused.
            simplefilter("ignore", SecurityWarning)
            is_jwk = text.lstrip().startswith("{")
            key = _of_jwk(json.loads(text), use) if is_jwk else _of_pem(text)
    except json.JSONDecodeError:
        raise ValueError(_UNKNOWN) from None
    except (JoseError, UnsupportedAlgorithm, TypeError, RecursionError, KeyError):
        raise ValueError(_UNKNOWN) from None
    if isinstance(key, RSAKey) and key.raw_value.key_size not in RSA_SIZES:
        raise ValueError(f"must have {RSA_SIZES[0]} to {RSA_SIZES[-1]} bits")
    if isinstance(key, ECKey) and key.curve_name not in CURVES:
        raise ValueError(f"must be on one of the curves {', '.join(CURVES)}")
    if isinstance(key, OKPKey) and (use == "enc" or key.curve_name != "Ed25519"):
        raise ValueError("must be an RSA or an EC key, or Ed25519 for signatures")
    key.ensure_kid()
    return key


@lru_cache(KEPT)
def parse_key_set(text: str) -> tuple[PublicKey, ...]:
    """Read a JSON Web Key Set for signatures (RFC 7517, section 5), each key of which is of use.

    Raises:
        ValueError: it is none, or one of its keys is of no use.
    """
    try:
        keys = json.loads(text)["keys"]
        return tuple(parse_public_key(json.dumps(key), "sig") for key in keys)
    except (json.JSONDecodeError, KeyError, TypeError, RecursionError):
        raise ValueError('is no JSON Web Key Set: an object with a list "keys"') from None


# Whatever somebody has written.
def _of_jwk(value: Any, use: Use) -> PublicKey:
    if "d" in value or value.get("kty") == "oct":
        raise ValueError(_PRIVATE)
    if value.get("use", use) != use:
        raise ValueError(f'is a key for another use than "{use}"')
    members = {name: value[name] for name in _MEMBERS if value.get(name)}
    try:
        return _KINDS[value["kty"]].import_key(members)
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
    if isinstance(key, Ed25519PublicKey):
        return OKPKey.import_key(key)
    raise ValueError("must be an RSA or an EC key, or Ed25519 for signatures")
