"""The memory of who is in which guild, for Discord limits no lookup as hard as these.

A lookup takes what is remembered for as long as ``SNOWFLAKE_DISCORD_CACHE`` says, and asks Discord
after that. While Discord cannot be asked, what is up to an hour old has to do; the log says so.
Every answer says how old it is, and whoever asks may refuse what is too old for them.

It is no matter through which Discord application somebody came, nor whether they or the bot said
it: they are in the same guilds. So whether a client may know of them is checked before it is looked
up for that client.

What the bot says of guilds is remembered in the same way, as that of nobody.
"""

import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

import structlog
from pydantic import SecretStr, TypeAdapter, ValidationError

from snowflake.discord.client import DiscordClient
from snowflake.discord.models import Guild, Guilds, Member, Role
from snowflake.errors import TemporarilyUnavailable
from snowflake.store.memberships import ALL_GUILDS, KEPT, NOBODY, Membership, Memberships
from snowflake.telemetry.metrics import MEMORY_LOOKUPS

#: Discord lets a person ask for a member five times in 300 seconds; so it is not asked more often.
LEAST_FOR_A_MEMBER: Final = 60.0

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
class _Kind(Generic[Answer]):
    """A kind of lookup. What is younger than ``lifetime`` in seconds is as good as new."""

    name: KindName
    answer: TypeAdapter[Answer]
    lifetime: float

    def count(self, outcome: Literal["fresh", "stale", "missed"]) -> None:
        MEMORY_LOOKUPS.labels(self.name, outcome).inc()


class Memory:
    """Lookups in the memory, and at Discord. ``clock`` tells Unix time in seconds.

    ``lifetime`` in seconds is for how long an answer is as good as new. With 0 none is remembered,
    but for what a person said of themselves in one guild, for ``LEAST_FOR_A_MEMBER``.
    """

    def __init__(
        self,
        rows: Memberships,
        discord: DiscordClient,
        lifetime: float,
        clock: Callable[[], float],
    ) -> None:
        self._rows, self._discord, self._clock = rows, discord, clock
        self._guilds = _Kind("guilds", TypeAdapter(Guilds), lifetime)
        members: TypeAdapter[Member | None] = TypeAdapter(Member | None)
        self._member = _Kind("member", members, max(lifetime, LEAST_FOR_A_MEMBER))
        self._bot_member = _Kind("bot_member", members, lifetime)
        self._roles = _Kind("roles", TypeAdapter(list[Role]), lifetime)
        self._bot_guilds = _Kind("bot_guilds", TypeAdapter(list[Guild]), lifetime)

    async def guilds(
        self,
        person: str,
        access_token: SecretStr,
        oldest: float = KEPT,
        *,
        anew: bool = False,
    ) -> Remembered[Guilds]:
        """Answer the guilds of a person, by their Discord user ID.

        Nothing older than ``oldest`` seconds is answered, nor than an hour. With ``anew`` what is
        remembered stands in for Discord in an outage alone.

        Raises:
            InvalidGrant: Discord no longer accepts the token.
            TemporarilyUnavailable: Discord gave no usable answer, and nothing is remembered.
        """
        return await self._look_up(
            self._guilds,
            (person, ALL_GUILDS),
            oldest,
            lambda: self._discord.guilds(access_token, person),
            anew=anew,
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

    async def bot_member(
        self, guild: str, person: str, oldest: float = KEPT, *, anew: bool = False
    ) -> Remembered[Member | None]:
        """Answer what a person is in a guild, as the bot sees it; None if they are not in it.

        ``oldest`` and ``anew`` are as for ``guilds``.

        Raises:
            TemporarilyUnavailable: Discord gave no usable answer, or the bot is not in the guild,
                and nothing is remembered.
        """
        return await self._look_up(
            self._bot_member,
            (person, guild),
            oldest,
            lambda: self._discord.bot.member(guild, person),
            anew=anew,
        )

    async def roles(self, guild: str) -> Remembered[list[Role]]:
        """Answer the roles of a guild, as the bot sees them. Raises as ``bot_member`` does."""
        return await self._look_up(
            self._roles, (NOBODY, guild), KEPT, lambda: self._discord.bot.roles(guild)
        )

    async def bot_guilds(self) -> Remembered[list[Guild]]:
        """Answer the guilds that the bot is in. Raises as ``bot_member`` does."""
        return await self._look_up(
            self._bot_guilds, (NOBODY, ALL_GUILDS), KEPT, self._discord.bot.guilds
        )

    async def guilds_heard(
        self,
        person: str,
        heard: Guilds | TemporarilyUnavailable,
        asked_at: float,
        oldest: float = KEPT,
    ) -> Remembered[Guilds]:
        """Answer the guilds of a person after a login has asked Discord for them itself.

        Where it heard of an outage, that is what is remembered. What is ``learnt`` is for the login
        to keep.

        Raises:
            TemporarilyUnavailable: the outage, if nothing is remembered.
        """
        return await self._heard(self._guilds, (person, ALL_GUILDS), heard, asked_at, oldest)

    async def member_heard(
        self,
        guild: str,
        person: str,
        heard: Member | TemporarilyUnavailable | None,
        asked_at: float,
        oldest: float = KEPT,
    ) -> Remembered[Member | None]:
        """Answer what a person is in a guild after a login has asked. Else as ``guilds_heard``."""
        return await self._heard(self._member, (person, guild), heard, asked_at, oldest)

    async def bot_member_heard(
        self,
        guild: str,
        person: str,
        heard: Member | TemporarilyUnavailable | None,
        asked_at: float,
        oldest: float = KEPT,
    ) -> Remembered[Member | None]:
        """Answer the same after a login has asked the bot."""
        return await self._heard(self._bot_member, (person, guild), heard, asked_at, oldest)

    async def _heard(
        self,
        kind: _Kind[Answer],
        key: tuple[str, str],
        heard: Answer | TemporarilyUnavailable,
        asked_at: float,
        oldest: float,
    ) -> Remembered[Answer]:
        if isinstance(heard, TemporarilyUnavailable):
            return _in_outage(kind, await self._find(kind, key, oldest), heard)
        learnt = _membership(kind, key, heard, asked_at) if kind.lifetime else None
        return Remembered(heard, 0, learnt)

    async def _look_up(
        self,
        kind: _Kind[Answer],
        key: tuple[str, str],
        oldest: float,
        ask: Callable[[], Awaitable[Answer]],
        *,
        anew: bool = False,
    ) -> Remembered[Answer]:
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
    # What is unsaid stays so.
    said = kind.answer.dump_json(answer, exclude_unset=True).decode()
    return Membership(person, guild, said, int(asked_at))
