"""The keys that somebody publishes (RFC 7517), by which what they have signed is verified."""

import warnings
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from math import ceil
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key, import_key

from snowflake.concurrency.recent import Recent
from snowflake.concurrency.single_flight import SingleFlight
from snowflake.errors import UpstreamDown, UpstreamError, UpstreamUnasked, UpstreamUntrusted
from snowflake.upstream.algorithms import takes
from snowflake.upstream.bounds import (
    MAX_KEYS,
    MAX_KID,
    MAX_MISSING,
    MAX_RSA_BITS,
    MIN_RSA_BITS,
)

#: Seconds for which keys are kept.
LIFETIME: Final = 3600.0
#: Seconds between two times that keys are fetched because one is missing.
PAUSE: Final = 30.0

#: What of the provider's it is whose key is looked for.
STEP: Final = "ID token"

#: All keys are one document.
_ALL: Final = "keys"
_UNKNOWN: Final = "is no JSON Web Key of a known kind"


class PrivateKey(ValueError):
    """A key that others than its owner have."""


class Keys:
    """The keys that ``fetch`` answers as a JWK Set, kept for a while."""

    def __init__(
        self, fetch: Callable[[], Awaitable[dict[str, Any]]], clock: Callable[[], float]
    ) -> None:
        self._fetch, self._clock = fetch, clock
        self._kept = SingleFlight(LIFETIME, clock)
        self._missed_at: float | None = None
        #: By the names of keys that were missing: after how many fetches each was so first.
        self._missing = Recent[str, int](MAX_MISSING)
        self._fetches, self._names = 0, set[str]()

    async def find(self, kid: str | None, algorithm: str) -> Key:
        """Answer the key of a token by what its header says.

        One that is not there may be new: then all are fetched again, though not at every token of
        somebody who never publishes its key. A name that came up since the last fetch is neither
        good nor bad before the next one; one that was looked for in vain since it came up first is
        bad. So nobody who makes up names turns that refusal, which is for good, into another.

        Raises:
            UpstreamUnasked: there may be such a key, which nobody can tell now.
            UpstreamUntrusted: there is no such key.
            UpstreamError: the keys cannot be fetched.
        """
        keys = await self._kept.run(_ALL, self._read)
        key = _fitting(keys, kid, algorithm)
        if key is None:
            self._miss(kid)
            if self._kept.is_under_way(_ALL) or self._may_fetch_again():
                keys = await self._anew()
                key = _fitting(keys, kid, algorithm)
        if key is None and self._may_be_new(kid, keys):
            raise UpstreamUnasked(STEP, "its key is not known yet", self._wait())
        if key is None:
            raise UpstreamUntrusted(STEP, "its key is not among the provider's keys")
        return key

    def _miss(self, kid: str | None) -> None:
        """Note that a key was missing by now, unless it was so before."""
        if kid is not None and len(kid) <= MAX_KID and kid not in self._missing:
            self._missing[kid] = self._fetches

    def _may_be_new(self, kid: str | None, keys: tuple[Key, ...]) -> bool:
        if kid is None or any(key.kid == kid for key in keys):
            # It has no name, or is there, and for something else.
            return False
        return self._missing.get(kid) == self._fetches

    def _wait(self) -> int:
        """Answer the seconds until keys may be fetched again."""
        elapsed = self._clock() - (self._missed_at or 0.0)
        return max(1, ceil(PAUSE - elapsed))

    async def _anew(self) -> tuple[Key, ...]:
        """Fetch all again. Those that are kept serve on where that fails, and the next may try."""
        try:
            return await self._kept.renew(_ALL, self._read)
        except UpstreamError:
            self._missed_at = None
            raise

    def _may_fetch_again(self) -> bool:
        now = self._clock()
        if self._missed_at is not None and 0 <= now - self._missed_at < PAUSE:
            return False
        self._missed_at = now
        return True

    async def _read(self) -> tuple[Key, ...]:
        document = await self._fetch()
        keys = []
        for value in members(document):
            # One that cannot be used here does no harm to the others.
            with suppress(ValueError):
                keys.append(read_key(value))
        self._note({key.kid for key in keys if key.kid is not None})
        return tuple(keys)

    def _note(self, names: set[str]) -> None:
        """Note which keys are there now, so that those that were taken away are refused at once."""
        for kid in self._names - names:
            self._missing[kid] = self._fetches
        for kid in names:
            self._missing.pop(kid, None)
        self._names = names
        self._fetches += 1


def members(document: Mapping[str, Any]) -> list[object]:
    """Answer what a key set holds (RFC 7517, section 5), as much of it as is looked at.

    Raises:
        UpstreamDown: it is none.
    """
    keys = document.get("keys")
    if not isinstance(keys, list):
        raise UpstreamDown("jwks", "is no set of keys")
    return keys[:MAX_KEYS]


def read_key(value: object) -> Key:
    """Read one key of a set.

    Raises:
        PrivateKey: it is private, so that others than its owner may sign with it.
        ValueError: it is none that can be used here.
    """
    if not isinstance(value, dict):
        raise ValueError(_UNKNOWN)  # noqa: TRY004 - a value like the others
    try:
        with warnings.catch_warnings():
            # Of weak keys, which are refused below.
            warnings.simplefilter("ignore", SecurityWarning)
            key = import_key(value)
            is_private, raw = key.is_private, key.raw_value
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(_UNKNOWN) from None
    if not isinstance(key.kid, str | None):
        raise ValueError("has a kid that is no text")  # noqa: TRY004 - a value like the others
    if is_private:
        raise PrivateKey("is private, and known to everybody who reads it")
    if isinstance(raw, RSAPublicKey) and not MIN_RSA_BITS <= raw.key_size <= MAX_RSA_BITS:
        raise ValueError(f"has {raw.key_size} bits, not {MIN_RSA_BITS} to {MAX_RSA_BITS}")
    return key


def verifies(key: Key, algorithm: str) -> bool:
    """Whether a key is for signatures by one of the algorithms of ``HASHES``."""
    key_ops = key.get("key_ops")
    return (
        takes(algorithm, key.key_type, key.get("crv"))
        # Of whatever type JSON has.
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (key_ops is None or "verify" in key_ops)
    )


def _fitting(keys: tuple[Key, ...], kid: str | None, algorithm: str) -> Key | None:
    """Answer the one key that fits. A token without ``kid`` may have no choice of keys.

    OpenID Connect Core 1.0, section 10.1.
    """
    fitting = [key for key in keys if kid in {None, key.kid} and verifies(key, algorithm)]
    return fitting[0] if len(fitting) == 1 else None
