"""People with a Discord account, and what they are in their guilds."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

GUEST: Final = 1 << 4
"""The flag of somebody who is there by a guest invite, for one voice channel."""


@dataclass(frozen=True)
class Membership:
    """What somebody is in a guild, by its ID; ``roles`` are role IDs. Times are ISO 8601.

    A guest has the flag ``GUEST``, and no ``joined_at``. Who boosts the guild does it since
    ``premium_since``.
    """

    guild: str
    roles: tuple[str, ...] = ()
    nick: str | None = None
    avatar: str | None = None
    pending: bool = False
    communication_disabled_until: str | None = None
    joined_at: str | None = "2021-03-14T15:09:26.535000+00:00"
    flags: int = 0
    premium_since: str | None = None

    def to_json(self, person: "Person") -> dict[str, object]:
        """Return the member as they are shown to themselves and to a bot in the guild."""
        return {
            "avatar": self.avatar,
            "banner": None,
            "communication_disabled_until": self.communication_disabled_until,
            "flags": self.flags,
            "joined_at": self.joined_at,
            "nick": self.nick,
            "pending": self.pending,
            "premium_since": self.premium_since,
            "roles": list(self.roles),
            "user": person.to_public_json(),
            "mute": False,
            "deaf": False,
        }


@dataclass(frozen=True)
class Person:
    """Somebody with a Discord account.

    ``about`` tells the tester what this person is good for. ``guilds`` are guild IDs; where there
    is none of ``memberships`` for one, they are in it without a role. To change a person, put a
    changed copy (``dataclasses.replace``) in :attr:`SimulatedDiscord.people`; for what they are in
    a guild, it has ``join``, ``leave`` and ``take_role``.
    """

    id: str
    username: str
    about: str
    global_name: str | None = None
    discriminator: str = "0"
    avatar: str | None = None
    banner: str | None = None
    accent_color: int | None = None
    email: str | None = None
    verified: bool = False
    locale: str = "en-US"
    mfa_enabled: bool = False
    premium_type: int = 0
    guilds: tuple[str, ...] = ()
    memberships: tuple[Membership, ...] = ()

    def membership(self, guild: str) -> Membership | None:
        """Return what the person is in a guild, by its ID; None if they are not in it."""
        if guild not in self.guilds:
            return None
        known = (membership for membership in self.memberships if membership.guild == guild)
        return next(known, Membership(guild))

    def joining(self, membership: Membership) -> "Person":
        """Return the person as a member of a guild, whatever they were there before."""
        elsewhere = self.leaving(membership.guild)
        guilds = self.guilds
        return replace(
            self,
            guilds=guilds if membership.guild in guilds else (*guilds, membership.guild),
            memberships=(*elsewhere.memberships, membership),
        )

    def leaving(self, guild: str) -> "Person":
        """Return the person without a guild, by its ID, and without all that they were there."""
        return replace(
            self,
            guilds=tuple(known for known in self.guilds if known != guild),
            memberships=tuple(known for known in self.memberships if known.guild != guild),
        )

    @property
    def display_name(self) -> str:
        """The name that Discord shows: the display name, else the username."""
        return self.global_name or self.username

    def to_json(self, scopes: Collection[str]) -> dict[str, object]:
        """Return the person as ``GET /users/@me`` shows them to a token with these scopes."""
        user = {
            **self.to_public_json(),
            "mfa_enabled": self.mfa_enabled,
            "locale": self.locale,
            "premium_type": self.premium_type,
        }
        if "email" in scopes:
            user |= {"email": self.email, "verified": self.verified}
        return user

    def to_public_json(self) -> dict[str, object]:
        """Return what everybody may know of the person, as in ``GET /oauth2/@me``."""
        return {
            "id": self.id,
            "username": self.username,
            "discriminator": self.discriminator,
            "global_name": self.global_name,
            "avatar": self.avatar,
            "banner": self.banner,
            "accent_color": self.accent_color,
            "avatar_decoration_data": None,
            "collectibles": None,
            "primary_guild": None,
            "public_flags": 0,
            "flags": 0,
        }
