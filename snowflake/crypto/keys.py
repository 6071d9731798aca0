"""One key that signs tokens: made or read, published, used to sign and verify."""

import json
import warnings
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry, extract_compact
from joserfc.util import urlsafe_b64encode

from snowflake.errors import StartFault

ALGORITHM = "RS256"
KEY_SIZE = 2048
#: Bits of a key, and characters of its ID, beyond which its tokens would be refused.
MAX_KEY_SIZE, MAX_KID = 16_384, 256
#: Characters of a token that is signed here or read.
MAX_TOKEN = 1_048_576
#: What joserfc and Python make of a text that is no key. Brackets without end are the last one.
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
#: What is read of a JSON Web Key (RFC 7518, section 6.3). Others limit its use to signing alone.
MEMBERS = ("kty", "n", "e", "d", "p", "q", "dp", "dq", "qi", "kid")


def _registry() -> JWSRegistry:
    """Answer the limits within which tokens are read: all that a key of ours can sign is."""
    registry = JWSRegistry(algorithms=[ALGORITHM])
    # A character of the ID may take six to write.
    registry.max_header_length = 8 * MAX_KID + 256
    registry.max_payload_length = MAX_TOKEN
    registry.max_signature_length = MAX_KEY_SIZE // 6 + 1
    return registry


_REGISTRY = _registry()


class SigningKey:
    """An RSA key, parsed once, that signs and verifies JSON Web Tokens with RS256."""

    def __init__(self, key: RSAKey) -> None:
        # The thumbprint (RFC 7638), unless the key has a name already.
        key.ensure_kid()
        self._key = key
        self._kid = str(key.kid)
        self._header = {"alg": ALGORITHM, "kid": self._kid}

    @property
    def kid(self) -> str:
        """The key's ID."""
        return self._kid

    def sign(self, claims: Mapping[str, Any], typ: str = "JWT") -> str:
        """Sign claims as a compact JWT (RFC 7519) with the header's ``typ``."""
        return jwt.encode({**self._header, "typ": typ}, dict(claims), self._key, [ALGORITHM])

    def length(self, claims: Mapping[str, Any], typ: str = "JWT") -> int:
        """Answer how many characters the token would have that ``sign`` makes."""
        header = {**self._header, "typ": typ}
        signature = bytes(-(-self._key.raw_value.key_size // 8))
        parts = (_written(header), _written(claims), signature)
        return sum(len(urlsafe_b64encode(part)) for part in parts) + len("..")

    def verify(self, token: str, typ: str) -> dict[str, Any]:
        """Answer the claims of a token that this key has signed, with just this ``typ``.

        The claims themselves (expiry, audience) are the caller's to check.

        Raises:
            ValueError: it is not such a token.
        """
        try:
            verified = jwt.decode(token, self._key, registry=_REGISTRY)
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            # Headers that are not of the type they should be, as ``crit``, are a TypeError there.
            raise ValueError("is not a token that was signed here") from error
        if verified.header.get("typ") != typ:
            raise ValueError("is a token of another kind")
        return dict(verified.claims)

    def published(self) -> dict[str, str | list[str]]:
        """The public JSON Web Key (RFC 7517) by which others verify what was signed here."""
        public = self._key.as_dict(private=False)
        names = ("kty", "n", "e")
        key = {name: public[name] for name in names}
        return {**key, "kid": self._kid, "use": "sig", "alg": ALGORITHM}


def _written(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def kid_of(token: str) -> str | None:
    """Answer which key a token claims to be signed with; nothing of it is verified yet.

    Raises:
        ValueError: it is no signed token at all.
    """
    try:
        kid = extract_compact(token.encode(), registry=_REGISTRY).headers().get("kid")
    except (JoseError, ValueError, RecursionError) as error:
        # A header of a thousand brackets, which anybody can send, is too deep for Python's reader.
        raise ValueError("is not a signed token") from error
    return kid if isinstance(kid, str) else None


def generate_key() -> str:
    """Make a new private RS256 key and answer it as a JSON Web Key."""
    key = RSAKey.generate_key(KEY_SIZE, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    return json.dumps(key.as_dict(private=True))


def parse_key(text: str, source: str) -> RSAKey:
    """Read a private RS256 JSON Web Key.

    Raises:
        StartFault: with a line that begins with ``source`` and repeats nothing of the key.
    """
    try:
        value = json.loads(text)
        if not isinstance(value, dict) or value.get("kty") != "RSA" or "d" not in value:
            raise ValueError
        if value.get("alg", ALGORITHM) != ALGORITHM or value.get("use", "sig") != "sig":
            raise StartFault([f"{source}: is a key for another use than signing with RS256"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            key = RSAKey.import_key({name: value[name] for name in MEMBERS if value.get(name)})
        size = key.raw_value.key_size
        if not isinstance(key.kid, str | None):
            raise TypeError
    except _UNREADABLE as error:
        raise StartFault(
            [f"{source}: is not a private RSA key in JSON Web Key format; it may be damaged"]
        ) from error
    if size > MAX_KEY_SIZE or len(key.kid or "") > MAX_KID:
        raise StartFault(
            [f"{source}: has more than {MAX_KEY_SIZE} bits, or a kid of over {MAX_KID} characters"]
        )
    if size < KEY_SIZE:
        raise StartFault([f"{source}: has {size} bits; RS256 needs at least {KEY_SIZE}"])
    return key
