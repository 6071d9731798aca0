"""What linked roles need of the configuration. It is complete where there are any."""

from typing import NamedTuple

from pydantic import SecretStr

from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.settings.tables.linked_roles import LinkedRolesTable
from snowflake.state import State
from snowflake.upstream.client import Upstream

MISSING = "linked_roles: is not configured; see 'snowflake guide linked-roles'"


class Application(NamedTuple):
    """Snowflake's own Discord application."""

    id: str
    secret: SecretStr


def table_of(settings: Settings) -> LinkedRolesTable:
    """Answer the table ``[linked_roles]``.

    Raises:
        StartFault: there is none. No path leads here then, but the command line does.
    """
    if settings.linked_roles is None:
        raise StartFault([MISSING])
    return settings.linked_roles


def upstream_of(state: State) -> Upstream:
    """Answer the upstream provider. Raises as ``table_of`` does."""
    if state.upstream is None:
        raise StartFault([MISSING])
    return state.upstream


def application_of(settings: Settings) -> Application:
    """Answer the Discord application through which people link. Raises as ``table_of`` does."""
    if settings.discord_client_id is None or settings.discord_client_secret is None:
        raise StartFault([MISSING])
    return Application(settings.discord_client_id, settings.discord_client_secret)
