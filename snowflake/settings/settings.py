"""The settings: every variable of ``variables/``, and the tables of ``snowflake.toml``.

A ``Settings`` never changes. ``configuration`` makes one of the environment and the file.
"""

from datetime import timedelta
from typing import Any, Final

from pydantic import Field
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.groups import GroupsTable
from snowflake.settings.tables.linked_roles import LinkedRolesTable
from snowflake.settings.tables.pages import PagesTable
from snowflake.settings.tables.scopes import ScopeTable
from snowflake.settings.tables.table import table_of
from snowflake.settings.variables.addresses import AddressVariables
from snowflake.settings.variables.applications import ApplicationVariables
from snowflake.settings.variables.claims import ClaimVariables
from snowflake.settings.variables.discord import DiscordVariables
from snowflake.settings.variables.lifetimes import LifetimeVariables
from snowflake.settings.variables.storage import StorageVariables
from snowflake.settings.variables.telemetry import TelemetryVariables

REPOSITORY: Final = "https://github.com/celsiusnarhwal/snowflake"
PREFIX: Final = "SNOWFLAKE_"


class _Variables(EnvSettingsSource):
    """The variables. Tables stand in ``snowflake.toml`` alone."""

    # Whatever type a field has.
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        if table_of(field) is not None:
            return None, field_name, False
        return super().get_field_value(field, field_name)


# Pydantic takes the fields of the last first.
class Settings(
    TelemetryVariables,
    DiscordVariables,
    StorageVariables,
    ClaimVariables,
    LifetimeVariables,
    ApplicationVariables,
    AddressVariables,
):
    """Snowflake's configuration. Each variable is the name of a field after ``SNOWFLAKE_``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    # Of ``snowflake.toml`` alone.
    groups: GroupsTable = Field(default=GroupsTable(), description="What is in `groups`.")
    access: AccessTable = Field(default=AccessTable(), description="Who may sign in.")
    clients: tuple[ClientTable, ...] = Field(default=(), description="The registered clients.")
    scopes: tuple[ScopeTable, ...] = Field(default=(), description="Scopes of your own.")
    linked_roles: LinkedRolesTable | None = Field(
        default=None, description="What Discord is told of accounts at another provider."
    )
    pages: PagesTable = Field(default=PagesTable(), description="What pages look like.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments and variables. Whoever reads a file gives what it says as arguments."""
        return init_settings, _Variables(settings_cls)

    @property
    def longest_token_lifetime(self) -> timedelta:
        """How long the access and ID tokens live that live longest, of whatever client."""
        own = [
            lifetime
            for client in self.clients
            for lifetime in (client.token_lifetime, client.id_token_lifetime)
            if lifetime is not None
        ]
        return max([self.token_lifetime, *own])
