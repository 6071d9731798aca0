"""``[groups]``: what is in the claim ``groups``."""

from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from snowflake.tables.table import Table
from snowflake.values import DiscordId

#: What a template may name.
FIELDS = frozenset({"guild", "guild_id", "role", "role_id"})
#: Characters of a template, a fixed name or a prefix.
MAX_LENGTH = 100


def _template(template: str) -> str:
    try:
        fields = [field[1:] for field in Formatter().parse(template) if field[1] is not None]
    except ValueError:
        raise ValueError("has a brace without its other half") from None
    if any(name not in FIELDS or spec or conversion for name, spec, conversion in fields):
        raise ValueError(f"may name {', '.join(sorted(FIELDS))} in braces and nothing else")
    return template


Short = Annotated[str, Field(max_length=MAX_LENGTH)]
Template = Annotated[Short, Field(min_length=1), AfterValidator(_template)]
Name = Annotated[Short, Field(min_length=1)]


class GroupsTable(Table):
    """Which guilds and roles are groups, and how each is written.

    ``names`` are fixed names by ID, which go without ``prefix``. ``maximum`` is the number of
    groups above which the rest is left out, ``everyone`` and ``managed`` take in the roles that
    every member and that bots and integrations have.
    """

    include: tuple[Literal["guilds", "roles"], ...] = ("guilds",)
    guilds: tuple[DiscordId, ...] = ()
    shape: Literal["id", "name", "object"] = "id"
    guild_name: Template = "{guild}"
    role_name: Template = "{guild}:{role}"
    only_named: bool = False
    names: Mapping[DiscordId, Name] = {}
    prefix: Short = ""
    maximum: Annotated[int, Field(ge=1, le=1000)] = 500
    everyone: bool = False
    managed: bool = False

    @property
    def names_needed(self) -> bool:
        """Whether somebody has to tell how guilds and roles are called."""
        return self.shape != "id" and not self.only_named

    def changed_by(self, other: "GroupsTable | None") -> "GroupsTable":
        """Answer this table with what the other one sets in its place."""
        if other is None:
            return self
        changes = {name: getattr(other, name) for name in other.model_fields_set}
        return self.model_copy(update=changes)
