"""All keys of this Snowflake: which one signs, which ones are published, when a new one is made."""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import structlog
from joserfc.jwk import KeySetSerialization

from snowflake.crypto.files import exists, read
from snowflake.crypto.keys import SigningKey, generate_key, kid_of, parse_key
from snowflake.settings import Settings
from snowflake.store import Store
from snowflake.store.signing_keys import StoredKey
from snowflake.telemetry.audit import audit

#: Where an earlier Snowflake kept its key, below the data directory.
KEY_FILE = "keys/jwt_private_key.json"
#: How long a new key is published before it signs: Authentik looks every 3 hours.
ANNOUNCEMENT = timedelta(hours=3)
#: How much longer than its last token an old key stays: others may have heard late of the new one.
GRACE = timedelta(minutes=5)
#: Seconds between two looks for a key that is not known; anybody can name one.
LOOK_AT_MOST_EVERY = 1.0
#: Seconds within which every process has heard of a change: many of its looks.
HEARD_WITHIN = 60
#: Seconds within which a process makes the first key, and for which others wait for it.
FIRST_KEY_LEASE, FIRST_KEY_PATIENCE = 20, 30

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key, and the Unix time from which it signs.

    ``lifetime`` is how many seconds the tokens live that live longest of those that it has signed,
    as far as the store knows.
    """

    key: SigningKey
    signs_from: int
    lifetime: int = 0


class Part(NamedTuple):
    """What a key is there for.

    It ``signs`` since ``at`` (Unix time), is ``next`` and signs from then on, or is ``old`` and
    published until then. Those of the store are ``kept`` beside one of the operator.
    """

    key: Key
    role: Literal["old", "signs", "next", "kept"]
    at: float | None = None


class KeyRing:
    """The keys, as the store had them when this process last looked.

    A key of ``SNOWFLAKE_PRIVATE_KEY`` always signs; those of the store are then only published.
    """

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], float]) -> None:
        self._settings, self._store, self._clock = settings, store, clock
        self._keys: list[Key] = []
        self._custom = _custom_key(settings)
        self._looked_at = 0.0

    @classmethod
    async def open(
        cls, settings: Settings, store: Store, clock: Callable[[], float] = time.time
    ) -> "KeyRing":
        """Load the keys. If there is none, take in the file of an earlier Snowflake or make one.

        Raises:
            StartFault: a key is damaged or of another kind. It is never replaced.
        """
        ring = cls(settings, store, clock)
        await ring.follow()
        if not ring._custom and not ring._keys:
            await ring._make_first()
        return ring

    @property
    def all(self) -> list[Key]:
        """All keys, the one that signs last at the end."""
        if not self._custom:
            return self._keys
        others = [key for key in self._keys if key.key.kid != self._custom.kid]
        return [*others, Key(self._custom, 0)]

    @property
    def current(self) -> SigningKey:
        """The key that signs now: the newest whose time has come, else the first."""
        if self._custom:
            return self._custom
        now = self._clock()
        due = [key for key in self._keys if key.signs_from <= now]
        return (due or self._keys)[-1 if due else 0].key

    async def verify(self, token: str, typ: str) -> dict[str, Any]:
        """Answer the claims of a token that one of the keys has signed, as ``SigningKey`` does.

        A key that is not known here may be a new one of another process, so the store is asked.

        Raises:
            ValueError: it is not such a token.
        """
        kid = kid_of(token)
        key = self._find(kid)
        if key is None and self._clock() - self._looked_at >= LOOK_AT_MOST_EVERY:
            self._looked_at = self._clock()
            await self.look()
            key = self._find(kid)
        if key is None:
            raise ValueError("was signed by no key of ours")
        return key.verify(token, typ)

    def published(self) -> KeySetSerialization:
        """The JSON Web Key Set (RFC 7517, section 5), keys that do not sign yet included."""
        return {"keys": [key.key.published() for key in self.all]}

    async def look(self) -> None:
        """Look which keys the store has."""
        known = {key.key.kid: key.key for key in self._keys}
        self._keys = [
            Key(
                known.get(stored.kid) or SigningKey(parse_key(stored.jwk, "a key in the store")),
                stored.signs_from,
                stored.lifetime,
            )
            for stored in await self._store.signing_keys.all()
        ]

    async def follow(self) -> None:
        """Look which keys the store has, and let it know how long the tokens of ours live.

        A shorter lifetime may be configured later, and another process may forget the key then.
        """
        await self.look()
        signs = self.current.kid if self.all else None
        for key in self._keys:
            if key.key.kid == signs and key.lifetime < self._lifetime:
                await self._store.signing_keys.signs_for(signs, self._lifetime)

    async def rotate(self, *, at_once: bool = False) -> Key:
        """Add a new key, which signs after ``ANNOUNCEMENT``.

        Or ``at_once``: then those that wait are dropped.
        """
        wait = timedelta(0) if at_once else ANNOUNCEMENT
        jwk = await asyncio.to_thread(generate_key)
        key = await self._add(
            jwk, int(self._clock() + wait.total_seconds()), in_place_of_others=at_once
        )
        audit("key_rotation", "signs" if at_once else "announced", kid=key.key.kid)
        return key

    async def keep_fresh(self) -> None:
        """Rotate if the newest key has come of age, and forget keys whose last token has ended."""
        await self.look()
        age, now = self._settings.key_rotation, self._clock()
        if not self._keys:
            return
        due = self._keys[-1].signs_from + (age - ANNOUNCEMENT).total_seconds()
        if age and not self._custom and due <= now:
            await self.rotate()
        for key, successor in pairwise(self._keys):
            if self._needed_until(key, successor) <= now:
                await self._store.signing_keys.remove(key.key.kid)
        await self.look()

    @property
    def waiting(self) -> list[Key]:
        """The keys that are published and do not sign yet."""
        now = self._clock()
        return [key for key in self._keys if key.signs_from > now]

    @property
    def parts(self) -> list[Part]:
        """What each key is there for, in the order in which they sign."""
        if self._custom:
            others = [Part(key, "kept") for key in self.all[:-1]]
            return [*others, Part(self.all[-1], "signs")]
        signs = next(at for at, key in enumerate(self._keys) if key.key is self.current)
        old = [
            Part(key, "old", self._needed_until(key, successor))
            for key, successor in pairwise(self._keys[: signs + 1])
        ]
        later = [Part(key, "next", key.signs_from) for key in self._keys[signs + 1 :]]
        return [*old, Part(self._keys[signs], "signs", self._keys[signs].signs_from), *later]

    def use(self, settings: Settings) -> None:
        """Go by these settings from now on.

        Keys are kept for as long as their tokens live, also those of before that lived longer.
        """
        self._settings = settings

    @property
    def _lifetime(self) -> int:
        """How many seconds the tokens live that live longest of those that are signed now."""
        return math.ceil(self._settings.longest_token_lifetime.total_seconds())

    def _needed_until(self, key: Key, successor: Key) -> float:
        """Answer the Unix time at which the last token that a key has signed has surely ended."""
        return successor.signs_from + max(key.lifetime, self._lifetime) + GRACE.total_seconds()

    def _find(self, kid: str | None) -> SigningKey | None:
        return next((key.key for key in self.all if key.key.kid == kid), None)

    async def _make_first(self) -> None:
        async with self._store.leases.hold("first key", FIRST_KEY_LEASE, FIRST_KEY_PATIENCE):
            await self.look()
            if not self._keys:
                jwk = self._inherited()
                if jwk is None:
                    jwk = await asyncio.to_thread(generate_key)
                await self._add(jwk, int(self._clock()))

    def _inherited(self) -> str | None:
        path = self._settings.data_dir / KEY_FILE
        if not exists(path):
            return None
        text = read(path)
        parse_key(text, str(path))
        _log.info("key_taken_in", file=str(path))
        return text

    async def _add(self, jwk: str, signs_from: int, *, in_place_of_others: bool = False) -> Key:
        key = Key(SigningKey(parse_key(jwk, "the new key")), signs_from)
        stored = StoredKey(key.key.kid, jwk, signs_from, self._lifetime)
        if in_place_of_others:
            await self._store.signing_keys.add_before(stored, HEARD_WITHIN)
        else:
            await self._store.signing_keys.add(stored)
        await self.look()
        return key


def _custom_key(settings: Settings) -> SigningKey | None:
    if settings.private_key is None:
        return None
    return SigningKey(parse_key(settings.private_key.get_secret_value(), "SNOWFLAKE_PRIVATE_KEY"))
