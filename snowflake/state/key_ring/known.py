"""The keys that a process knows of, and what it is asked of them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from joserfc.jwk import KeySetSerialization

from snowflake.crypto.algorithms import HS256, RS256
from snowflake.crypto.keys import SentToken, Signer, SigningKey, by_secret
from snowflake.errors import KeyMissing, StartFault
from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.state.key_ring.demand import demand_of
from snowflake.state.key_ring.succession import Key, Part
from snowflake.state.key_ring.successions import NOTHING, given_keys, put_together
from snowflake.store import Store

#: Seconds between two looks for a key that is not known; anybody can name one.
LOOK_AT_MOST_EVERY = 1.0


class KnownKeys:
    """The keys, as the store had them when this process last looked. Nothing is changed here.

    A key of ``SNOWFLAKE_PRIVATE_KEY`` always signs by its algorithm; those of the store are then
    only published.
    """

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], float]) -> None:
        self._store, self._clock = store, clock
        self._given = given_keys(settings)
        self._known = put_together(self._given, (), NOTHING)
        #: Until which Unix time tokens may live that were signed by an algorithm, where it is kept.
        self._needed: dict[str, int] = {}
        self._looked_at = 0.0
        self.use(settings)

    def use(self, settings: Settings) -> None:
        """Go by these settings from now on.

        Keys are kept for as long as their tokens live, also those of before that lived longer.
        """
        self._settings, self._demand = settings, demand_of(settings)

    def signs_for(self, client: Client) -> Signer:
        """Answer what signs ID and logout tokens for a client, and UserInfo if it wants that.

        Raises:
            KeyMissing: there is no key of its algorithm yet.
        """
        secret = client.signing_secret
        return by_secret(secret) if secret is not None else self.key_of(client.signing_alg)

    def signs_access_tokens(self, client: Client) -> SigningKey:
        """Answer the key that signs access tokens of a client. They are read here, and by a key.

        Raises:
            KeyMissing: there is no key of its algorithm yet.
        """
        by_key = client.signing_alg != HS256.name
        return self.key_of(client.signing_alg if by_key else RS256.name)

    def key_of(self, algorithm: str) -> SigningKey:
        """Answer the key that signs now by an algorithm.

        Raises:
            KeyMissing: there is none yet.
        """
        keys = self._known.by_algorithm.get(algorithm)
        if keys is None:
            raise KeyMissing(f"there is no key to sign by {algorithm} yet")
        return keys.current(self._clock())

    @property
    def current(self) -> SigningKey:
        """The key that signs for whoever has not chosen another algorithm."""
        return self.key_of(RS256.name)

    @property
    def kids(self) -> tuple[str, ...]:
        """The IDs of all keys that are published."""
        return tuple(self._known.by_kid)

    def published(self) -> KeySetSerialization:
        """The JSON Web Key Set (RFC 7517, section 5), keys that do not sign yet included."""
        return self._known.published()

    async def verify(self, token: str, typ: str) -> dict[str, Any]:
        """Answer the claims of a token that one of the keys has signed, as ``SigningKey`` does.

        A key that is not known here may be a new one of another process, so the store is asked.

        Raises:
            ValueError: it is not such a token.
        """
        sent = SentToken(token)
        kid = sent.kid
        if kid is None:
            raise ValueError("names no key")
        key = self._known.by_kid.get(kid)
        if key is None and self._clock() - self._looked_at >= LOOK_AT_MOST_EVERY:
            self._looked_at = self._clock()
            # A newer Snowflake may have put a key there that this one does not know.
            with suppress(StartFault):
                await self.look()
            key = self._known.by_kid.get(kid)
        if key is None:
            raise ValueError("was signed by no key of ours")
        return key.verify(sent, typ)

    async def look(self) -> None:
        """Look which keys the store has."""
        keys = self._store.signing_keys
        self._known = put_together(self._given, await keys.all(), self._known)
        # Where nobody uses another one, there is nothing to ask.
        others = self._known.by_algorithm.keys() - {RS256.name}
        self._needed = await keys.needed_until() if others else {}

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms by which something is signed with a key of ours."""
        return self._demand.algorithms

    @property
    def lacking(self) -> list[str]:
        """Those of them of which there is no key yet."""
        return self._known.lacking(self.algorithms)

    @property
    def rotated(self) -> list[str]:
        """The algorithms by which a key of the store signs for some client."""
        of = self._known.of
        return [name for name in self._demand.algorithms if of(name).kept and not of(name).given]

    def waiting(self, algorithm: str = RS256.name) -> list[Key]:
        """Answer the keys of an algorithm that are published and do not sign yet."""
        return self._known.of(algorithm).waiting(self._clock())

    @property
    def parts(self) -> list[Part]:
        """What each key is there for: those of one algorithm, then those of the next."""
        return list(self._parts())

    def _parts(self) -> Iterator[Part]:
        for name, keys in self._known.by_algorithm.items():
            if name in self._demand.algorithms:
                yield from keys.parts(self._clock(), self._demand.lifetime)
            else:
                yield from keys.parts_unused(self._needed.get(name))
