"""What can be a group."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thing:
    """A guild, or a role of ``guild``. The role that everybody has, has the ID of the guild."""

    id: str
    guild: str
    is_role: bool = False
