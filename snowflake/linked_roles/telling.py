"""What Discord is told of a person."""

from collections.abc import Mapping

from pydantic import SecretStr

from snowflake.discord.models import RoleConnection
from snowflake.linked_roles.own import application_of, table_of
from snowflake.state import State, renewal


async def tell(person: str, values: Mapping[str, str], username: str, state: State) -> None:
    """Put what Discord is to know of a person in place of what it knew.

    Raises:
        InvalidGrant, InvalidScope: the person has removed the application at Discord.
        OAuthError: Discord did not take it.
    """
    application, secret = application_of(state.settings)
    connection = RoleConnection(
        platform_name=table_of(state.settings).platform_name,
        platform_username=username or None,
        metadata=values,
    )

    async def put(token: SecretStr) -> None:
        await state.discord.role_connections.put(application, token, person, connection)

    with state.discord.deadline():
        await renewal.with_token(application, person, secret, state, put)
