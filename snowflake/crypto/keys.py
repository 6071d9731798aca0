"""What signs tokens and verifies them: a key of ours, or a secret that a client knows too."""

import json
from collections.abc import Mapping
from math import ceil
from typing import Any, Final

from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, extract_compact, serialize_compact, validate_compact

from snowflake.crypto.algorithms import ALGORITHMS, HS256, Algorithm

#: Bits of a key, and characters of its ID, beyond which its tokens would be refused.
MAX_KEY_SIZE, MAX_KID = 16_384, 256
#: Characters of a token that is signed here or read.
MAX_TOKEN = 1_048_576
#: What is public of a key, by its kind (RFC 7518, section 6; RFC 8037, section 2).
PUBLIC: Final = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}

AsymmetricKey = RSAKey | ECKey | OKPKey


class _Registry(JWSRegistry):
    """One algorithm, and the limits within which tokens are read: all that is signed here is."""

    # A character of the ID may take six to write.
    max_header_length = 8 * MAX_KID + 256
    max_payload_length = MAX_TOKEN
    max_signature_length = MAX_KEY_SIZE // 6 + 1

    def __init__(self, algorithm: Algorithm) -> None:
        # What a header says beyond that is ignored, unless it is critical (RFC 7515, section 4).
        super().__init__(algorithms=[algorithm.name], strict_check_header=False)
        self._only = JWSRegistry.algorithms[algorithm.name]

    def get_alg(self, name: str) -> Any:  # joserfc does not export the type
        """Answer the algorithm, by whose name alone a token may say that it is signed.

        Joserfc would warn each time that ``EdDSA`` has got another name since (RFC 9864), by which
        the libraries of applications do not know it yet.
        """
        if name != self._only.name:
            raise UnsupportedAlgorithmError("is not the algorithm of this key")
        return self._only


#: Never changed, and the same for all keys of an algorithm.
_REGISTRIES: Final = {name: _Registry(one) for name, one in ALGORITHMS.items()}
#: Before it is known which key a token is to be verified with, its size alone is looked at.
_ANY: Final = _REGISTRIES[HS256.name]


class Signer:
    """Signs and verifies JSON Web Tokens by one algorithm."""

    def __init__(self, key: AsymmetricKey | OctKey, algorithm: Algorithm, **header: str) -> None:
        """Take a key that fits the algorithm, and what the ``header`` says beside ``alg``."""
        self._key, self.algorithm = key, algorithm
        self._header = {"alg": algorithm.name, **header}
        self._registry = _REGISTRIES[algorithm.name]
        self._signature = algorithm.signature or -(-_bits(key) // 8)

    def sign(self, claims: Mapping[str, Any], typ: str = "JWT") -> str:
        """Sign claims as a compact JWT (RFC 7519) with the header's ``typ``."""
        return self._sign({**self._header, "typ": typ}, _written(claims))

    def sign_within(self, longest: int, claims: Mapping[str, Any], typ: str = "JWT") -> str | None:
        """Sign claims as ``sign`` does, or answer None if that would be longer, in characters."""
        header, payload = {**self._header, "typ": typ}, _written(claims)
        sizes = len(_written(header)), len(payload), self._signature
        # Of three bytes base64 makes four characters; what is left of them is not padded.
        length = sum(ceil(size * 4 / 3) for size in sizes) + len("..")
        return self._sign(header, payload) if length <= longest else None

    def _sign(self, header: dict[str, Any], payload: bytes) -> str:
        return serialize_compact(header, payload, self._key, registry=self._registry)

    def verify(self, token: "str | SentToken", typ: str) -> dict[str, Any]:
        """Answer the claims of a token that was signed with this, with just this ``typ``.

        Whatever a token says of its algorithm, it is verified by this one alone. The claims
        themselves (expiry, audience) are the caller's to check.

        Raises:
            ValueError: it is not such a token.
        """
        sent = SentToken(token) if isinstance(token, str) else token
        claims = sent.verified(self._key, self.algorithm)
        if sent.header.get("typ") != typ:
            raise ValueError("is a token of another kind")
        return claims


class SigningKey(Signer):
    """A private key of ours, parsed once, that signs by one algorithm."""

    def __init__(self, key: AsymmetricKey, algorithm: Algorithm) -> None:
        # The thumbprint (RFC 7638), unless the key has a name already.
        key.ensure_kid()
        self.kid = str(key.kid)
        super().__init__(key, algorithm, kid=self.kid)

    def published(self) -> dict[str, str | list[str]]:
        """The public JSON Web Key (RFC 7517) by which others verify what was signed here."""
        public = self._key.as_dict(private=False)
        key = {name: public[name] for name in ("kty", *PUBLIC[self.algorithm.kty])}
        return {**key, "kid": self.kid, "use": "sig", "alg": self.algorithm.name}


class SentToken:
    """A token that has been taken apart. Nothing of it is proven before it is ``verified``."""

    def __init__(self, token: str) -> None:
        """Take a token apart.

        Raises:
            ValueError: it is no signed token at all.
        """
        try:
            self._signature = extract_compact(token.encode(), registry=_ANY)
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            # A header of a thousand brackets, which anybody can send, is too deep for Python's
            # reader.
            raise ValueError("is not a signed token") from error
        #: Whatever JSON has.
        self.header: dict[str, Any] = dict(self._signature.headers())

    @property
    def kid(self) -> str | None:
        """Which key it claims to be signed with."""
        kid = self.header.get("kid")
        return kid if isinstance(kid, str) else None

    def claims(self) -> dict[str, Any]:
        """Answer what it claims, nothing if it holds something else.

        Raises:
            ValueError: it holds no JSON.
        """
        claims = self._held()
        return claims if isinstance(claims, dict) else {}

    def verified(self, key: AsymmetricKey | OctKey, algorithm: Algorithm) -> dict[str, Any]:
        """Answer what it claims, if a key has signed it by just this algorithm.

        Raises:
            ValueError: none has, or it holds something else.
        """
        try:
            is_signed = validate_compact(self._signature, key, registry=_REGISTRIES[algorithm.name])
            claims = self._held()
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            # Headers that are not of the type they should be, as ``crit``, are a TypeError there.
            raise ValueError("is not a token that was signed here") from error
        if not is_signed or not isinstance(claims, dict):
            raise ValueError("is not a token that was signed here")
        return claims

    def _held(self) -> object:
        try:
            return json.loads(self._signature.payload or b"")
        except RecursionError as error:
            raise ValueError("is not a signed token") from error


def by_secret(secret: str) -> Signer:
    """Answer what signs by a client secret (OpenID Connect Core 1.0, section 10.1).

    Raises:
        ValueError: the secret is somebody's public key.
    """
    return Signer(OctKey.import_key(secret), HS256)


def _bits(key: AsymmetricKey | OctKey) -> int:
    return key.raw_value.key_size if isinstance(key, RSAKey) else 0


def _written(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def kid_of(token: str) -> str | None:
    """Answer which key a token claims to be signed with; nothing of it is verified yet.

    Raises:
        ValueError: it is no signed token at all.
    """
    return SentToken(token).kid


def audience_of(token: str) -> str | None:
    """Answer for whom a token claims to be; nothing of it is verified yet.

    Raises:
        ValueError: it is no signed token at all.
    """
    audience = SentToken(token).claims().get("aud")
    return audience if isinstance(audience, str) else None
