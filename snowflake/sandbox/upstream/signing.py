"""The provider's keys, and the ID tokens that they sign (OpenID Connect Core 1.0, section 2)."""

from typing import Any, Final

from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.jwk import ECKey

from snowflake.sandbox.upstream.lies import Lie

ALGORITHM: Final = "ES256"
TOKEN_LIFETIME: Final = 300
"""Seconds for which ID token and access token are good."""

_WRONG: Final[dict[Lie, dict[str, Any]]] = {
    Lie.WRONG_ISSUER: {"iss": "https://evil.example.com/"},
    Lie.WRONG_AUDIENCE: {"aud": "another-client"},
    Lie.WRONG_NONCE: {"nonce": "another"},
    Lie.WRONG_SUBJECT: {"sub": "somebody-else"},
    Lie.WRONG_AT_HASH: {"at_hash": "another"},
    Lie.EXPIRED: {"iat": 0, "exp": TOKEN_LIFETIME},
}


class Signer:
    """Signs with the newest of its keys. One of the older ones stays published."""

    def __init__(self) -> None:
        self._keys = [_new_key()]

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self._keys = [_new_key(), self._keys[0]]

    @property
    def published(self) -> list[dict[str, Any]]:
        """The public keys, as a JWK Set has them (RFC 7517)."""
        return [{**key.as_dict(private=False), "use": "sig"} for key in self._keys]

    def id_token(
        self, claims: dict[str, Any], access_token: str, now: float, lie: Lie | None
    ) -> str | None:
        """Return a signed ID token; None for the lie that there is none."""
        if lie is Lie.MISSING:
            return None
        said = {
            **claims,
            "iat": int(now),
            "exp": int(now) + TOKEN_LIFETIME,
            "at_hash": create_half_hash(access_token, ALGORITHM).decode(),
            **(_WRONG.get(lie, {}) if lie else {}),
        }
        key = kid = self._keys[0]
        if lie in {Lie.BAD_SIGNATURE, Lie.UNKNOWN_KID}:
            key = _new_key()
        if lie is Lie.UNKNOWN_KID:
            kid = key
        return jwt.encode({"alg": ALGORITHM, "kid": kid.kid}, said, key, [ALGORITHM])


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)
