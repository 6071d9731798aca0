"""``[groups]``: what is in the claim ``groups``."""

from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from snowflake.settings.tables.table import Table
from snowflake.settings.values import DiscordId

#: What a template may name.
FIELDS = frozenset({"guild", "guild_id", "role", "role_id"})
#: Characters of a template, a fixed name or a prefix.
MAX_GROUP_TEXT = 100


def _template(template: str) -> str:
    try:
        fields = [field[1:] for field in Formatter().parse(template) if field[1] is not None]
    except ValueError:
        raise ValueError("has a brace without its other half") from None
    if any(name not in FIELDS or spec or conversion for name, spec, conversion in fields):
        raise ValueError(f"may name {', '.join(sorted(FIELDS))} in braces and nothing else")
    return template


Short = Annotated[str, Field(max_length=MAX_GROUP_TEXT)]
Template = Annotated[Short, Field(min_length=1), AfterValidator(_template)]
Name = Annotated[Short, Field(min_length=1)]


class GroupsTable(Table):
    """Which guilds and roles are groups, and how each is written."""

    include: tuple[Literal["guilds", "roles"], ...] = Field(
        default=("guilds",), description='What counts as a group: `"guilds"`, `"roles"` or both.'
    )
    guilds: tuple[DiscordId, ...] = Field(
        default=(), description="IDs of the guilds whose roles count."
    )
    shape: Literal["id", "name", "object"] = Field(
        default="id",
        description=(
            'How a group is written: `"id"`, `"name"`, or `"object"` for an object with both. '
            "Names of roles need a bot."
        ),
    )
    names_claim: bool = Field(
        default=False,
        description=(
            'With `shape = "id"` and a bot: `groups` holds nothing but IDs, a second claim, '
            '`group_names`, says of each what `shape = "name"` would write, and a third, '
            "`group_guilds`, which of them are guilds."
        ),
    )
    guild_name: Template = Field(
        default="{guild}",
        description="Template for the name of a guild. It may name `{guild}` and `{guild_id}`.",
    )
    role_name: Template = Field(
        default="{guild}:{role}",
        description="Template for the name of a role. It may name `{role}` and `{role_id}` too.",
    )
    only_named: bool = Field(
        default=False, description="Leave out all guilds and roles that are not in `names`."
    )
    names: Mapping[DiscordId, Name] = Field(
        default={},
        description="Names of your own by ID, as they are: without template and prefix.",
    )
    prefix: Short = Field(default="", description="What names begin with that are not in `names`.")
    maximum: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=500, description="Number of groups above which the rest is left out; at most 1000."
    )
    everyone: bool = Field(
        default=False, description="Take in `@everyone`, the role that all members have."
    )
    managed: bool = Field(
        default=False, description="Take in the roles of bots, boosts and other integrations."
    )

    @property
    def names_needed(self) -> bool:
        """Whether somebody has to tell how guilds and roles are called."""
        return (self.shape != "id" or self.names_claim) and not self.only_named

    def changed_by(self, other: "GroupsTable | None") -> "GroupsTable":
        """Answer this table with what the other one sets in its place."""
        if other is None:
            return self
        changes = {name: getattr(other, name) for name in other.model_fields_set}
        return self.model_copy(update=changes)
