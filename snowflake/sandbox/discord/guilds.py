"""Guilds and their roles."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """A role of a guild. ``position`` is its rank, the highest first in command; ties happen.

    A ``managed`` role is given and taken by Discord or a bot. ``tags`` say by whom, as pairs, since
    Discord says yes with null: ``("premium_subscriber", None)``.
    """

    id: str
    name: str
    position: int = 1
    color: int = 0
    hoist: bool = False
    managed: bool = False
    mentionable: bool = False
    permissions: str = "0"
    tags: tuple[tuple[str, str | None], ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the role as ``GET /guilds/{guild}/roles`` shows it."""
        role: dict[str, object] = {
            "id": self.id,
            "name": self.name,
            "permissions": self.permissions,
            "position": self.position,
            "color": self.color,
            "colors": {
                "primary_color": self.color,
                "secondary_color": None,
                "tertiary_color": None,
            },
            "hoist": self.hoist,
            "managed": self.managed,
            "mentionable": self.mentionable,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }
        return role | {"tags": dict(self.tags)} if self.tags else role


@dataclass(frozen=True)
class Guild:
    """A guild. ``owner`` is the ID of the person who owns it, where that is one of the cast.

    ``roles`` are those besides ``@everyone``, which every guild has. To change a guild, put a
    changed copy (``dataclasses.replace``) in :attr:`SimulatedDiscord.guilds`.
    """

    id: str
    name: str
    owner: str | None = None
    icon: str | None = None
    features: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()

    @property
    def all_roles(self) -> tuple[Role, ...]:
        """The roles as Discord lists them: first ``@everyone``, which has the guild's ID."""
        return (Role(self.id, "@everyone", 0, permissions="104324673"), *self.roles)

    def to_json(self, person: str) -> dict[str, object]:
        """Return the guild as ``GET /users/@me/guilds`` shows it to a person or bot, by ID."""
        owner = self.owner == person
        return {
            "id": self.id,
            "name": self.name,
            "icon": self.icon,
            "banner": None,
            "owner": owner,
            "permissions": "2251799813685247" if owner else "104324673",
            "features": list(self.features),
        }
