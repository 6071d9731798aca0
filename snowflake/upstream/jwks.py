"""The provider's keys (RFC 7517), by which its ID tokens are verified."""

import warnings
from collections.abc import Awaitable, Callable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key, OctKey, import_key

from snowflake.concurrency.single_flight import SingleFlight
from snowflake.errors import UpstreamDown, UpstreamUntrusted
from snowflake.upstream.algorithms import key_type_of
from snowflake.upstream.bounds import MAX_KEYS, MAX_RSA_BITS, MIN_RSA_BITS

#: Seconds for which keys are kept.
LIFETIME: Final = 3600.0
#: Seconds between two times that keys are fetched because one is missing.
PAUSE: Final = 30.0

#: All keys are one document.
_ALL: Final = "keys"


class Keys:
    """The keys that ``fetch`` answers as a JWK Set, kept for a while."""

    def __init__(
        self, fetch: Callable[[], Awaitable[dict[str, Any]]], clock: Callable[[], float]
    ) -> None:
        self._fetch, self._clock = fetch, clock
        self._kept = SingleFlight(LIFETIME, clock)
        self._missed_at: float | None = None

    async def find(self, kid: str | None, algorithm: str) -> Key:
        """Answer the key of an ID token by what its header says.

        One that is not there may be new: then all are fetched again, though not at every token of
        a provider that publishes its key never.

        Raises:
            UpstreamUntrusted: there is no such key.
            UpstreamError: the keys cannot be fetched.
        """
        key = _fitting(await self._all(), kid, algorithm)
        if key is None and self._may_fetch_again():
            self._kept.forget(_ALL)
            key = _fitting(await self._all(), kid, algorithm)
        if key is None:
            raise UpstreamUntrusted("ID token", "its key is not among the provider's keys")
        return key

    async def _all(self) -> tuple[Key, ...]:
        return await self._kept.run(_ALL, self._read)

    def _may_fetch_again(self) -> bool:
        now = self._clock()
        if self._missed_at is not None and 0 <= now - self._missed_at < PAUSE:
            return False
        self._missed_at = now
        return True

    async def _read(self) -> tuple[Key, ...]:
        keys = (await self._fetch()).get("keys")
        if not isinstance(keys, list):
            raise UpstreamDown("jwks", "is no set of keys")
        return tuple(key for value in keys[:MAX_KEYS] if (key := _public_key(value)) is not None)


def _public_key(value: object) -> Key | None:
    """Read one key; one that cannot be used here is none, and does no harm to the others."""
    if not isinstance(value, dict):
        return None
    try:
        with warnings.catch_warnings():
            # Of weak keys, which are refused below.
            warnings.simplefilter("ignore", SecurityWarning)
            key = import_key(value)
            if isinstance(key, OctKey) or not isinstance(key.kid, str | None):
                return None
            raw = key.public_key
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if isinstance(raw, RSAPublicKey) and not MIN_RSA_BITS <= raw.key_size <= MAX_RSA_BITS:
        return None
    return key


def _fitting(keys: tuple[Key, ...], kid: str | None, algorithm: str) -> Key | None:
    """Answer the one key that fits. A token without ``kid`` may have no choice of keys.

    OpenID Connect Core 1.0, section 10.1.
    """
    fitting = [
        key
        for key in keys
        if kid in {None, key.kid}
        and key.key_type == key_type_of(algorithm)
        and key.get("use") in {None, "sig"}
        and key.alg in {None, algorithm}
    ]
    return fitting[0] if len(fitting) == 1 else None
