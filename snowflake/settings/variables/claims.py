"""What applications are told of people."""

from typing import Literal

from pydantic import Field

from snowflake.settings.values import AvatarSize, DiscordId
from snowflake.settings.variables.variables import Variables


class ClaimVariables(Variables):
    """What applications are told of people."""

    access_token_claims: Literal["all-that-fit", "none"] = Field(
        default="all-that-fit",
        description=(
            "`all-that-fit`: access tokens hold the claims too, as far as a token of at most 4,096 "
            "characters has room for them. `none`: UserInfo and the ID token alone hold them."
        ),
    )
    include_unverified_email: bool = Field(
        default=False,
        description=(
            "Hand out e-mail addresses that Discord has not verified, with `email_verified` "
            "false. Mind that many applications link accounts by address and never look at the "
            "flag."
        ),
    )
    avatar_size: AvatarSize | None = Field(
        default=None,
        description=(
            "Size of the avatar in `picture`, in pixels: a power of two from 16 to 4096. By "
            "default Discord chooses."
        ),
    )
    name_from_guild: DiscordId | None = Field(
        default=None,
        description="ID of a guild. Whoever has a nickname there is called by it in `name`.",
    )
    picture_from_guild: DiscordId | None = Field(
        default=None,
        description="ID of a guild. Whoever has an avatar of their own there has it as `picture`.",
    )

    @property
    def puts_claims_into_access_tokens(self) -> bool:
        """Whether access tokens hold the claims that fit."""
        return self.access_token_claims != "none"  # noqa: S105 - no password
