"""The keys of all algorithms: those of the operator, and those that the store has."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from joserfc.jwk import KeySetSerialization

from snowflake.crypto.algorithms import BY_KEY
from snowflake.crypto.keys import SigningKey
from snowflake.crypto.private_keys import parse_key, parse_keys
from snowflake.settings import Settings
from snowflake.state.key_ring.succession import Key, Succession
from snowflake.store.signing_keys import StoredKey

PRIVATE_KEY = "SNOWFLAKE_PRIVATE_KEY"


class Successions(NamedTuple):
    """The keys by algorithm, in a fixed order, and all of them by their ID. Never changed."""

    by_algorithm: Mapping[str, Succession]
    by_kid: Mapping[str, SigningKey]

    def of(self, algorithm: str) -> Succession:
        """Answer the keys of an algorithm, of which there may be none."""
        return self.by_algorithm.get(algorithm, Succession())

    def lacking(self, algorithms: Collection[str]) -> list[str]:
        """Answer those of the algorithms for which there is no key."""
        return [algorithm for algorithm in algorithms if algorithm not in self.by_algorithm]

    def published(self) -> KeySetSerialization:
        """The JSON Web Key Set (RFC 7517, section 5), keys that do not sign yet included."""
        return {"keys": [key.published() for key in self.by_kid.values()]}


NOTHING: Final = Successions({}, {})


def put_together(
    given: Sequence[SigningKey], stored: Sequence[StoredKey], before: Successions
) -> Successions:
    """Put the keys together. Those that were known ``before`` need not be read again.

    Raises:
        StartFault: one in the store is damaged, or of a kind that is not known here.
    """
    own = {key.kid for key in given}
    kept = [
        Key(
            before.by_kid.get(key.kid) or parse_key(key.jwk, "a key in the store"),
            key.signs_from,
            key.lifetime,
        )
        for key in stored
        if key.kid not in own
    ]
    together = {
        name: Succession(
            [key for key in kept if key.key.algorithm.name == name],
            [key for key in given if key.algorithm.name == name],
        )
        for name in BY_KEY
    }
    by_algorithm = {name: keys for name, keys in together.items() if keys.all}
    by_kid = {key.kid: key for keys in by_algorithm.values() for key in keys.all}
    return Successions(by_algorithm, by_kid)


def given_keys(settings: Settings) -> tuple[SigningKey, ...]:
    """Answer the keys of the operator.

    Raises:
        StartFault: one of them is none to sign with.
    """
    if settings.private_key is None:
        return ()
    return parse_keys(settings.private_key.get_secret_value(), PRIVATE_KEY)
