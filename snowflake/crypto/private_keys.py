"""Private keys in JSON Web Key format (RFC 7517): made, and read with what is wrong with them."""

import json
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

from snowflake.crypto.algorithms import BY_KEY, RS256, Algorithm, fitting
from snowflake.crypto.keys import MAX_KEY_SIZE, MAX_KID, PUBLIC, AsymmetricKey, SigningKey
from snowflake.errors import StartFault

#: Bits of an RSA key (RFC 7518, section 3.3).
KEY_SIZE = 2048
#: What is private of a key, by its kind.
PRIVATE: Final = {"RSA": ("d", "p", "q", "dp", "dq", "qi"), "EC": ("d",), "OKP": ("d",)}
#: What reads a key, by its kind.
KINDS: Final[Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]]] = {
    "RSA": RSAKey,
    "EC": ECKey,
    "OKP": OKPKey,
}
#: Another name of EdDSA with such a key (RFC 9864, section 2.2).
ALIASES: Final = {"Ed25519": "EdDSA"}

_NO_KEY: Final = "is not a private key in JSON Web Key format; it may be damaged"


def generate_key(algorithm: Algorithm = RS256) -> str:
    """Make a new private key and answer it as a JSON Web Key."""
    key: AsymmetricKey
    if algorithm.kty == "RSA":
        key = RSAKey.generate_key(KEY_SIZE)
    elif algorithm.kty == "EC":
        key = ECKey.generate_key(algorithm.crv)
    else:
        key = OKPKey.generate_key("Ed25519")
    key.ensure_kid()
    return json.dumps({**key.as_dict(private=True), "use": "sig", "alg": algorithm.name})


def parse_keys(text: str, source: str) -> tuple[SigningKey, ...]:
    """Read a private JSON Web Key, or a set of them (RFC 7517, section 5).

    Raises:
        StartFault: with a line for each that is no good, which begins with ``source``.
    """
    jwks = _set_of(text)
    if jwks is None:
        return (parse_key(text, source),)
    keys: list[SigningKey] = []
    faults: list[str] = []
    for at, jwk in enumerate(jwks, 1):
        try:
            keys.append(parse_key(json.dumps(jwk), f"{source}, key {at}"))
        except StartFault as fault:
            faults += fault.faults
    if not jwks:
        faults.append(f"{source}: is a set without a key")
    if any(number > 1 for number in Counter(key.kid for key in keys).values()):
        # Nobody could tell which one has signed.
        faults.append(f"{source}: has two keys of one ID (kid)")
    if faults:
        raise StartFault(faults)
    return tuple(keys)


def parse_key(text: str, source: str) -> SigningKey:
    """Read a private JSON Web Key.

    It signs by the algorithm that it names, else by the usual one for its kind.

    Raises:
        StartFault: with a line that begins with ``source`` and repeats nothing of the key.
    """
    try:
        value = json.loads(text)
        if not isinstance(value, dict):
            raise TypeError
        algorithm = _algorithm(value)
        key = _imported(value, algorithm)
        _check_size(key)
        signing = SigningKey(key, algorithm)
        _check_whole(signing)
    except _Unusable as fault:
        raise StartFault([f"{source}: {fault}"]) from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StartFault([f"{source}: {_NO_KEY}"]) from error
    return signing


class _Unusable(Exception):
    """A key that is whole, but not for this. The text says why."""


# Of a document that somebody else has written, which may hold anything.
def _set_of(text: str) -> list[Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    keys = value.get("keys") if isinstance(value, dict) else None
    return keys if isinstance(keys, list) else None


def _algorithm(value: Mapping[str, Any]) -> Algorithm:
    if value.get("kty") == "oct":
        raise _Unusable("is a shared secret; what signs for everybody has to be a key pair")
    possible = fitting(value.get("kty"), value.get("crv"))
    if not possible:
        if value.get("kty") in PUBLIC and isinstance(value.get("crv"), str):
            raise _Unusable("is on a curve by which nothing is signed here")
        raise TypeError
    if not value.get("d"):
        raise _Unusable("is a public key; its private part (d) is missing")
    names = [one.name for one in possible]
    named = value.get("alg", names[0])
    if isinstance(named, str):
        named = ALIASES.get(named, named)
    if named not in names or value.get("use", "sig") != "sig":
        raise _Unusable(f"is a key for another use than signing with {' or '.join(names)}")
    return BY_KEY[named]


def _imported(value: Mapping[str, Any], algorithm: Algorithm) -> AsymmetricKey:
    """Read the key itself. What else it may say of its use could only limit that."""
    kty = algorithm.kty
    members = ("kty", "kid", *PUBLIC[kty], *PRIVATE[kty])
    known = {name: value[name] for name in members if value.get(name)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return KINDS[kty].import_key(known)


def _check_size(key: AsymmetricKey) -> None:
    size = key.raw_value.key_size if isinstance(key, RSAKey) else KEY_SIZE
    if size > MAX_KEY_SIZE or len(key.kid or "") > MAX_KID:
        raise _Unusable(f"has more than {MAX_KEY_SIZE} bits, or a kid of over {MAX_KID} characters")
    if size < KEY_SIZE:
        raise _Unusable(f"has {size} bits; RSA needs at least {KEY_SIZE}")


def _check_whole(key: SigningKey) -> None:
    """Refuse a key whose public part is not that of its private one, so that nobody could verify.

    Libraries look whether that is so for some kinds of keys, and not for others.
    """
    public = KINDS[key.algorithm.kty].import_key(key.published())
    SigningKey(public, key.algorithm).verify(key.sign({}), "JWT")
