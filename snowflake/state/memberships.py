"""The memory of who is in which guild, for Discord limits no lookup as hard as these.

It is no matter through which Discord application somebody came, nor whether they or the bot said
it: they are in the same guilds. So whether a client may know of them is checked before it is looked
up for that client.

What the bot says of guilds is remembered in the same way, as that of nobody. How long an answer
serves is the business of ``discord_cache``.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pydantic import SecretStr, TypeAdapter

from snowflake.discord.client import DiscordClient
from snowflake.discord.models import Guild, Guilds, Member, Role
from snowflake.errors import TemporarilyUnavailable
from snowflake.state.discord_cache import DiscordCache, Kind, Remembered
from snowflake.store.memberships import ALL_GUILDS, KEPT, NOBODY, Memberships

#: Discord lets a person ask for a member five times in 300 seconds; so it is not asked more often.
LEAST_FOR_A_MEMBER: Final = 60.0


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
        self._cache, self._discord = DiscordCache(rows, clock), discord
        self._guilds = Kind("guilds", TypeAdapter(Guilds), lifetime)
        members: TypeAdapter[Member | None] = TypeAdapter(Member | None)
        self._member = Kind("member", members, max(lifetime, LEAST_FOR_A_MEMBER))
        self._bot_member = Kind("bot_member", members, lifetime)
        self._roles = Kind("roles", TypeAdapter(list[Role]), lifetime)
        self._bot_guilds = Kind("bot_guilds", TypeAdapter(list[Guild]), lifetime)

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
        return await self._cache.look_up(
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
        return await self._cache.look_up(
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
        return await self._cache.look_up(
            self._bot_member,
            (person, guild),
            oldest,
            lambda: self._discord.bot.member(guild, person),
            anew=anew,
        )

    async def bot_member_lately(
        self, guild: str, person: str, seconds: float
    ) -> Remembered[Member | None]:
        """Answer what a person is in a guild: as of the last so many seconds, else as of now.

        Nothing older stands in for Discord. Else as ``bot_member``.
        """
        kind = self._bot_member
        if kind.lifetime:
            kind = replace(kind, lifetime=seconds)
        return await self._cache.look_up(
            kind, (person, guild), seconds, lambda: self._discord.bot.member(guild, person)
        )

    async def roles(self, guild: str) -> Remembered[list[Role]]:
        """Answer the roles of a guild, as the bot sees them. Raises as ``bot_member`` does."""
        return await self._cache.look_up(
            self._roles, (NOBODY, guild), KEPT, lambda: self._discord.bot.roles(guild)
        )

    async def bot_guilds(self) -> Remembered[list[Guild]]:
        """Answer the guilds that the bot is in. Raises as ``bot_member`` does."""
        return await self._cache.look_up(
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
        return await self._cache.heard(self._guilds, (person, ALL_GUILDS), heard, asked_at, oldest)

    async def member_heard(  # noqa: PLR0913 - one question, in all its parts
        self,
        guild: str,
        person: str,
        heard: Member | TemporarilyUnavailable | None,
        asked_at: float,
        oldest: float = KEPT,
        *,
        by_bot: bool = False,
    ) -> Remembered[Member | None]:
        """Answer what a person is in a guild after a login has asked, with their token or the bot.

        Else as ``guilds_heard``.
        """
        kind = self._bot_member if by_bot else self._member
        return await self._cache.heard(kind, (person, guild), heard, asked_at, oldest)
