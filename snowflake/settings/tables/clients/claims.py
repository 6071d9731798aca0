"""What a registered client is told that no scope tells."""

from pydantic import Field

from snowflake.settings.tables.scopes import Claims
from snowflake.settings.tables.table import Table


class ClaimKeys(Table):
    """Claims of its own."""

    claims: Claims = Field(
        default={},
        description=(
            "`[clients.claims]`: names of claims, each with a JMESPath expression that is searched "
            "for in the person. They come with each login, and replace claims of the same name."
        ),
    )
