"""Who may sign in to a registered client, and what it learns of them."""

from typing import Literal

from pydantic import Field

from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.groups import GroupsTable
from snowflake.settings.tables.table import Table


class PeopleKeys(Table):
    """Who may sign in, and what it learns of them."""

    consent: Literal["never", "once", "always"] = Field(
        default="never",
        description=(
            "Whether a page of Snowflake asks people what the application may learn: `never`, "
            "`once` for each scope, or `always`."
        ),
    )
    scopes: tuple[str, ...] | None = Field(
        default=None,
        description="The scopes that it may have. `openid` always counts. By default all.",
    )
    groups: GroupsTable | None = Field(
        default=None,
        description="`[clients.groups]`: keys of `[groups]` that differ for this client.",
    )
    access: AccessTable | None = Field(
        default=None, description="`[clients.access]`: replaces `[access]` as a whole."
    )
