"""Whether linked roles work: the upstream provider, and the conditions at Discord."""

from collections.abc import AsyncIterator

from snowflake.doctor.connections import Connections
from snowflake.doctor.finding import Finding, Status
from snowflake.errors import UpstreamDown, UpstreamError
from snowflake.linked_roles.schema import difference, schema_of
from snowflake.tables.linked_roles import LinkedRolesTable
from snowflake.upstream.client import Upstream

SUBJECT = "linked roles"
REGISTER = "Run 'snowflake linked-roles register'."


async def linked_roles(connections: Connections) -> AsyncIterator[Finding]:
    """Read what the upstream provider says of itself, and compare the conditions with Discord's.

    Raises:
        TemporarilyUnavailable: Discord does not tell of them.
    """
    table = connections.settings.linked_roles
    if table is None:
        return
    yield await _provider(table, connections)
    yield await _conditions(table, connections)


async def _provider(table: LinkedRolesTable, connections: Connections) -> Finding:
    async with Upstream.open(
        table.issuer, table.client_id, table.client_secret, table.scopes, connections.clock
    ) as upstream:
        try:
            await upstream.discover()
        except UpstreamDown as error:
            return Finding(Status.WARNING, SUBJECT, f"{table.issuer} cannot be used: {error.cause}")
        except UpstreamError as error:
            return Finding(Status.FAULT, SUBJECT, f"{table.issuer} cannot be used: {error.cause}")
    return Finding(Status.OK, SUBJECT, f"{table.issuer} answers")


async def _conditions(table: LinkedRolesTable, connections: Connections) -> Finding:
    settings = connections.settings
    application = settings.discord_client_id
    if settings.discord_bot_token is None or application is None:
        text = "without a bot token nobody can register the conditions, or look whether they are"
        return Finding(Status.WARNING, SUBJECT, text, "Set SNOWFLAKE_DISCORD_BOT_TOKEN.")
    theirs = await connections.discord.bot.metadata(application)
    different = difference(schema_of(table), theirs)
    if different:
        text = f"Discord has other conditions; {'; '.join(different)}"
        return Finding(Status.FAULT, SUBJECT, text, REGISTER)
    return Finding(Status.OK, SUBJECT, "Discord has the conditions")
