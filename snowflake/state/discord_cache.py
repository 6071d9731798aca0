"""The cache of Discord's answers: how old one may be, and when it stands in for Discord.

A lookup takes what is remembered for as long as its kind's ``lifetime``, and asks Discord after
that. While Discord cannot be asked, what is up to an hour old has to do; the log says so. Every
answer says how old it is, and whoever asks may refuse what is too old for them.
"""

import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import structlog
from pydantic import TypeAdapter, ValidationError

from snowflake.errors import TemporarilyUnavailable
from snowflake.store.memberships import KEPT, Membership, Memberships
from snowflake.telemetry.metrics import MEMORY_LOOKUPS

Answer = TypeVar("Answer")
KindName = Literal["guilds", "member", "bot_member", "roles", "bot_guilds"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Remembered(Generic[Answer]):
    """What Discord said, and how many seconds ago it was asked.

    ``learnt`` is what is yet to be kept of it.
    """

    answer: Answer
    age: float
    learnt: Membership | None = None


@dataclass(frozen=True, slots=True)
class Kind(Generic[Answer]):
    """A kind of lookup. What is younger than ``lifetime`` in seconds is as good as new."""

    name: KindName
    answer: TypeAdapter[Answer]
    lifetime: float

    def count(self, outcome: Literal["fresh", "stale", "missed"]) -> None:
        """Count a lookup by what came of it."""
        MEMORY_LOOKUPS.labels(self.name, outcome).inc()


class DiscordCache:
    """Answers kept in ``rows``. ``clock`` tells Unix time in seconds.

    Each has a key: whom it is of, and the guild, or ``ALL_GUILDS``.
    """

    def __init__(self, rows: Memberships, clock: Callable[[], float]) -> None:
        self._rows, self._clock = rows, clock

    async def look_up(
        self,
        kind: Kind[Answer],
        key: tuple[str, str],
        oldest: float,
        ask: Callable[[], Awaitable[Answer]],
        *,
        anew: bool = False,
    ) -> Remembered[Answer]:
        """Answer what is remembered, and else what ``ask`` answers, which is remembered then.

        Nothing older than ``oldest`` seconds is answered, nor than an hour. With ``anew`` what is
        remembered stands in for Discord in an outage alone.

        Raises:
            TemporarilyUnavailable: as ``ask`` does, if nothing is remembered.
        """
        kept = await self._find(kind, key, oldest)
        if kept is not None and kept.age < kind.lifetime and not anew:
            kind.count("fresh")
            return kept
        asked_at = self._clock()
        try:
            answer = await ask()
        except TemporarilyUnavailable as outage:
            return _in_outage(kind, kept, outage)
        kind.count("missed")
        if kind.lifetime:
            # An answer that cannot be remembered is an answer.
            with suppress(TemporarilyUnavailable):
                await self._rows.remember(_membership(kind, key, answer, asked_at))
        return Remembered(answer, 0)

    async def heard(
        self,
        kind: Kind[Answer],
        key: tuple[str, str],
        heard: Answer | TemporarilyUnavailable,
        asked_at: float,
        oldest: float,
    ) -> Remembered[Answer]:
        """Answer what a login has ``heard`` itself, and what of it is to be kept.

        Where it heard of an outage, that is what is remembered.

        Raises:
            TemporarilyUnavailable: the outage, if nothing is remembered.
        """
        if isinstance(heard, TemporarilyUnavailable):
            return _in_outage(kind, await self._find(kind, key, oldest), heard)
        learnt = _membership(kind, key, heard, asked_at) if kind.lifetime else None
        return Remembered(heard, 0, learnt)

    async def _find(
        self, kind: Kind[Answer], key: tuple[str, str], oldest: float
    ) -> Remembered[Answer] | None:
        kept = await self._rows.find(*key) if kind.lifetime else None
        if kept is None:
            return None
        # The clock of another machine may be ahead; what is from far ahead must not last for ever.
        age = abs(self._clock() - kept.asked_at)
        if age > min(oldest, KEPT):
            return None
        try:
            return Remembered(kind.answer.validate_json(kept.answer), age)
        except ValidationError:
            # Written by another release.
            return None


def _in_outage(
    kind: Kind[Answer], kept: Remembered[Answer] | None, outage: TemporarilyUnavailable
) -> Remembered[Answer]:
    if kept is None:
        kind.count("missed")
        raise outage
    kind.count("stale")
    _log.warning("stale_claims", of=kind.name, age=math.ceil(kept.age))
    return kept


def _membership(
    kind: Kind[Answer], key: tuple[str, str], answer: Answer, asked_at: float
) -> Membership:
    person, guild = key
    # What is unsaid stays so.
    said = kind.answer.dump_json(answer, exclude_unset=True).decode()
    return Membership(person, guild, said, int(asked_at))
