"""What the tokens of a registered client are like."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from snowflake.settings.tables.clients.credentials import CredentialKeys
from snowflake.settings.values import CodeLifetime, Duration, within

Lifetime = Annotated[Duration, within(timedelta(minutes=1))]


class TokenKeys(CredentialKeys):
    """What its tokens are like."""

    token_lifetime: Lifetime | None = Field(
        default=None, description="In place of `SNOWFLAKE_TOKEN_LIFETIME`."
    )
    refresh_token_lifetime: Lifetime | None = Field(
        default=None, description="In place of `SNOWFLAKE_REFRESH_TOKEN_LIFETIME`."
    )
    id_token_lifetime: Lifetime | None = Field(
        default=None,
        description="How long its ID tokens live, if not as long as its access tokens.",
    )
    code_lifetime: CodeLifetime | None = Field(
        default=None, description="In place of `SNOWFLAKE_CODE_LIFETIME`."
    )
    refresh_token_threshold: Annotated[Duration, within(timedelta(minutes=1), or_zero=True)] = (
        Field(
            default=timedelta(0),
            description=(
                "A refresh renews the refresh token only if it has less than this to live; until "
                "then it stays the same. `0` renews it each time, as a public client's must be."
            ),
        )
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

    @model_validator(mode="after")
    def _renewed_if_public(self) -> "TokenKeys":
        """Refuse to keep a refresh token that anybody can use who finds it.

        Without a secret, nothing but its renewal shows that it was stolen (RFC 9700, 4.14.2).
        """
        if self.public and self.refresh_token_threshold:
            raise ValueError("refresh_token_threshold is for clients with a secret")
        return self
