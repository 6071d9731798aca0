"""The memory of who is in which guild, for Discord limits no lookup as hard as these.

A lookup takes what is remembered for as long as ``SNOWFLAKE_DISCORD_CACHE`` says, and asks Discord
after that. While Discord cannot be asked, what is up to an hour old has to do; the log says so.
Every answer says how old it is, and whoever asks may refuse what is too old for them.

It is no matter through which Discord application somebody came: they are in the same guilds. So
whether a client may know of them is checked before it is looked up for that client.
"""

import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

import structlog
from pydantic import SecretStr, TypeAdapter, ValidationError

from snowflake.discord.client import DiscordClient
from snowflake.discord.models import Guild, Member
from snowflake.errors import TemporarilyUnavailable
from snowflake.metrics import MEMORY_LOOKUPS
from snowflake.store.memberships import ALL_GUILDS, KEPT, Membership, Memberships

#: Discord lets a member be asked for five times in 300 seconds; so it is not asked more often.
LEAST_FOR_A_MEMBER: Final = 60.0

Answer = TypeVar("Answer")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Remembered(Generic[Answer]):
    """What Discord said, and how many seconds ago it was asked."""

    answer: Answer
    age: float


@dataclass(frozen=True, slots=True)
class _Kind(Generic[Answer]):
    """A kind of lookup. What is younger than ``lifetime`` in seconds is as good as new."""

    name: Literal["guilds", "member"]
    answer: TypeAdapter[Answer]
    lifetime: float

    def count(self, outcome: Literal["fresh", "stale", "missed"]) -> None:
        MEMORY_LOOKUPS.labels(self.name, outcome).inc()


class Memory:
    """Lookups in the memory, and at Discord. ``clock`` tells Unix time in seconds.

    ``lifetime`` is that of a list of guilds in seconds. With 0 no list is remembered; members are,
    for ``LEAST_FOR_A_MEMBER``.
    """

    def __init__(
        self,
        rows: Memberships,
        discord: DiscordClient,
        lifetime: float,
        clock: Callable[[], float],
    ) -> None:
        self._rows, self._discord, self._clock = rows, discord, clock
        self._guilds = _Kind("guilds", TypeAdapter(list[Guild]), lifetime)
        members: TypeAdapter[Member | None] = TypeAdapter(Member | None)
        self._member = _Kind("member", members, max(lifetime, LEAST_FOR_A_MEMBER))

    async def guilds(
        self, person: str, access_token: SecretStr, oldest: float = KEPT
    ) -> Remembered[list[Guild]]:
        """Answer the guilds of a person, by their Discord user ID.

        Nothing older than ``oldest`` seconds is answered, nor than an hour.

        Raises:
            InvalidGrant: Discord no longer accepts the token.
            TemporarilyUnavailable: Discord gave no usable answer, and nothing is remembered.
        """
        return await self._look_up(
            self._guilds,
            (person, ALL_GUILDS),
            oldest,
            lambda: self._discord.guilds(access_token, person),
        )

    async def member(
        self, guild: str, person: str, access_token: SecretStr, oldest: float = KEPT
    ) -> Remembered[Member | None]:
        """Answer what a person is in a guild; None if they are not in it. Else as ``guilds``."""
        return await self._look_up(
            self._member,
            (person, guild),
            oldest,
            lambda: self._discord.member(guild, access_token, person),
        )

    async def guilds_in_outage(
        self, person: str, outage: TemporarilyUnavailable
    ) -> Remembered[list[Guild]]:
        """Answer the guilds of a person after Discord has failed to.

        Raises:
            TemporarilyUnavailable: the outage, if nothing is remembered.
        """
        kept = await self._find(self._guilds, (person, ALL_GUILDS), KEPT)
        return _in_outage(self._guilds, kept, outage)

    def learn(self, person: str, guilds: list[Guild], asked_at: float) -> tuple[Membership, ...]:
        """Answer what is to be remembered of a login that has asked for the guilds itself."""
        if not self._guilds.lifetime:
            return ()
        return (_membership(self._guilds, (person, ALL_GUILDS), guilds, asked_at),)

    async def _look_up(
        self,
        kind: _Kind[Answer],
        key: tuple[str, str],
        oldest: float,
        ask: Callable[[], Awaitable[Answer]],
    ) -> Remembered[Answer]:
        kept = await self._find(kind, key, oldest)
        if kept is not None and kept.age < kind.lifetime:
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

    async def _find(
        self, kind: _Kind[Answer], key: tuple[str, str], oldest: float
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
    kind: _Kind[Answer], kept: Remembered[Answer] | None, outage: TemporarilyUnavailable
) -> Remembered[Answer]:
    if kept is None:
        kind.count("missed")
        raise outage
    kind.count("stale")
    _log.warning("stale_claims", of=kind.name, age=math.ceil(kept.age))
    return kept


def _membership(
    kind: _Kind[Answer], key: tuple[str, str], answer: Answer, asked_at: float
) -> Membership:
    person, guild = key
    return Membership(person, guild, kind.answer.dump_json(answer).decode(), int(asked_at))
