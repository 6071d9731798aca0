"""The keys of one algorithm, one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from snowflake.crypto.keys import SigningKey

#: How long a new key is published before it signs: Authentik looks every 3 hours.
ANNOUNCEMENT = timedelta(hours=3)
#: How much longer than its last token an old key stays: others may have heard late of the new one.
GRACE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key, and the Unix time from which it signs.

    ``lifetime`` is how many seconds the tokens live that live longest of those that it has signed,
    as far as the store knows.
    """

    key: SigningKey
    signs_from: int
    lifetime: int = 0

    def needed_until(self, successor: "Key", lifetime: int) -> float:
        """Answer the Unix time at which the last token that it has signed has surely ended.

        ``lifetime`` is that of tokens that are signed now.
        """
        return successor.signs_from + max(self.lifetime, lifetime) + GRACE.total_seconds()


class Part(NamedTuple):
    """What a key is there for.

    It ``signs`` since ``at`` (Unix time), is ``next`` and signs from then on, or is ``old`` and
    published until then, if that is known. Those of the store are ``kept`` beside one of the
    operator, whose further ones are ``published``.
    """

    key: SigningKey
    role: Literal["old", "signs", "next", "kept", "published"]
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Succession:
    """The keys of one algorithm, in the order in which they sign.

    ``kept`` are those in the store. If the operator has ``given`` some, the first of them always
    signs, and all others are only published.
    """

    kept: Sequence[Key] = ()
    given: Sequence[SigningKey] = ()

    @property
    def all(self) -> list[SigningKey]:
        """All keys; the one that signs last at the end."""
        return [*(key.key for key in self.kept), *reversed(self.given)]

    def signs_at(self, now: float) -> int:
        """Answer which one of those in the store signs: the newest whose time has come.

        It is the first one if there is none. Then the clock has been set back.
        """
        due = [at for at, key in enumerate(self.kept) if key.signs_from <= now]
        return due[-1] if due else 0

    def current(self, now: float) -> SigningKey:
        """Answer the key that signs. There has to be one."""
        return self.given[0] if self.given else self.kept[self.signs_at(now)].key

    def waiting(self, now: float) -> list[Key]:
        """Answer the keys that are published and do not sign yet."""
        return [key for key in self.kept if key.signs_from > now]

    def over(self, now: float, lifetime: int) -> list[Key]:
        """Answer the keys that have a successor, and whose last token has surely ended."""
        return [
            key
            for key, successor in pairwise(self.kept)
            if key.needed_until(successor, lifetime) <= now
        ]

    def parts(self, now: float, lifetime: int) -> list[Part]:
        """Answer what each key is there for, in order."""
        if self.given:
            kept = [Part(key.key, "kept") for key in self.kept]
            others = [Part(key, "published") for key in reversed(self.given[1:])]
            return [*kept, *others, Part(self.given[0], "signs")]
        signs = self.signs_at(now)
        old = [
            Part(key.key, "old", key.needed_until(successor, lifetime))
            for key, successor in pairwise(self.kept[: signs + 1])
        ]
        later = [Part(key.key, "next", key.signs_from) for key in self.kept[signs + 1 :]]
        return [*old, Part(self.kept[signs].key, "signs", self.kept[signs].signs_from), *later]

    def parts_unused(self, until: float | None) -> list[Part]:
        """Answer what each key is there for, now that no client uses the algorithm any more.

        Those of the store are published ``until`` that Unix time.
        """
        kept = [Part(key.key, "old", until) for key in self.kept]
        return [*kept, *(Part(key, "published") for key in reversed(self.given))]
