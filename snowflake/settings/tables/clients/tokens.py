"""What the tokens of a registered client are like."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from snowflake.settings.tables.table import Table
from snowflake.settings.values import Duration, within

Lifetime = Annotated[Duration, within(timedelta(minutes=1))]


class TokenKeys(Table):
    """What its tokens are like."""

    token_lifetime: Lifetime | None = Field(
        default=None, description="In place of `SNOWFLAKE_TOKEN_LIFETIME`."
    )
    refresh_token_lifetime: Lifetime | None = Field(
        default=None, description="In place of `SNOWFLAKE_REFRESH_TOKEN_LIFETIME`."
    )
    access_token_format: Literal["jwt", "opaque"] = Field(
        default="jwt",
        description=(
            "`jwt`: access tokens are JSON Web Tokens that the application may read. `opaque`: "
            "they are random, say nothing, and are looked up at UserInfo and introspection."
        ),
    )
    include_claims_in_id_token: bool = Field(
        default=True,
        description="Whether the claims stand in the ID token too, or in UserInfo alone.",
    )
