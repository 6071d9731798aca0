"""A person, as Discord tells of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from snowflake.discord.models import Guild, Member, Role, User


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of somebody. What Discord was not asked for is empty.

    ``guilds`` is their own list, and ``guilds_are_all`` whether Discord said of each which it is.
    ``members`` says for each guild that was looked at what they are
    in it, None if they are not in it. ``roles`` and ``guild_names`` are, by the guild's ID, what
    the bot sees. ``email`` is None where it may not be handed out. ``age`` is how many seconds
    ago Discord told the oldest part of where they are.
    """

    user: User
    guilds: tuple[Guild, ...] = ()
    guilds_are_all: bool = True
    members: Mapping[str, Member | None] = field(default_factory=dict)
    roles: Mapping[str, tuple[Role, ...]] = field(default_factory=dict)
    guild_names: Mapping[str, str] = field(default_factory=dict)
    email: str | None = None
    age: float = 0

    def is_in(self, guild: str) -> bool:
        """Whether they are surely in a guild; not if nobody has looked."""
        if guild in self.members:
            return self.members[guild] is not None
        return any(one.id == guild for one in self.guilds)

    def may_be_in(self, guild: str) -> bool:
        """Whether they may be in a guild all the same, if Discord did not say of some which."""
        return not self.is_in(guild) and guild not in self.members and not self.guilds_are_all

    def held_roles(self, guilds: Iterable[str]) -> frozenset[str]:
        """Answer the IDs of the roles that they hold in those of the guilds that were looked at."""
        members = (member for guild in guilds if (member := self.members.get(guild)) is not None)
        return frozenset().union(*(member.roles for member in members))
