"""Snowflake's own Discord application, and how Discord is asked."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr

from snowflake.settings.values import (
    BaseUrl,
    DiscordId,
    Duration,
    HeaderSecret,
    PublicKey,
    Url,
    within,
)
from snowflake.settings.variables.variables import Variables


class DiscordVariables(Variables):
    """Snowflake's own Discord application, and how Discord is asked."""

    discord_client_id: DiscordId | None = Field(
        default=None,
        description=(
            "Client ID of Snowflake's own Discord application, through which people sign in to "
            "the registered clients of `snowflake.toml`. Discord knows its redirect URI as "
            "`{issuer}/callback`."
        ),
    )
    discord_client_secret: SecretStr | None = Field(
        default=None, description="Client secret of that application."
    )
    discord_bot_token: HeaderSecret = Field(
        default=None,
        description=(
            "Token of a bot that is in your guilds. With it, the bot says who is in them and "
            "what their roles are called, and people are asked for less."
        ),
    )
    discord_public_key: PublicKey | None = Field(
        default=None,
        description=(
            "Public key of that application, with which Discord signs its events. With it, "
            "somebody who removes the application in Discord is signed out here too."
        ),
    )
    linked_roles_at_login: bool = Field(
        default=False,
        description=(
            "Ask for `role_connections.write` at each login, so that whoever goes on to "
            "`/linked-role` sees no second consent page."
        ),
    )
    discord_api_url: BaseUrl = Field(
        default="https://discord.com/api/v10",
        description="Base URL of Discord's API, with its version.",
    )
    discord_authorize_url: Url = Field(
        default="https://discord.com/oauth2/authorize",
        description="Discord's authorization page.",
    )
    discord_deadline: Annotated[Duration, within(timedelta(seconds=1), timedelta(minutes=1))] = (
        Field(
            default=timedelta(seconds=10),
            description=(
                "How long one request of an application may take for all that it asks of Discord, "
                "waits for Discord's limits included; 1 to 60 seconds."
            ),
        )
    )
    discord_cache: Annotated[Duration, within(timedelta(0), timedelta(hours=1))] = Field(
        default=timedelta(minutes=1),
        description=(
            "For how long a person's guilds are remembered before Discord is asked again, at "
            "most an hour; `0` remembers none. While Discord is out, what is remembered "
            "serves for an hour."
        ),
    )
