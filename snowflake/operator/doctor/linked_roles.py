"""Whether linked roles work: the upstream provider, and the conditions at Discord."""

from collections.abc import AsyncIterator

from snowflake.errors import UpstreamDown, UpstreamError
from snowflake.linked_roles.schema import difference, schema_of
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.settings.tables.linked_roles import LinkedRolesTable
from snowflake.upstream.client import Upstream
from snowflake.upstream.narrowing import Demands

SUBJECT = "linked roles"
CLIENT = (
    "Mend client_id and client_secret of [linked_roles]; if they are right, let the client use "
    "refresh tokens there."
)
REGISTER = "Run 'snowflake linked-roles register'."


async def linked_roles(connections: Connections) -> AsyncIterator[Finding]:
    """Ask the upstream provider about itself and our client; compare conditions with Discord's.

    Raises:
        TemporarilyUnavailable: Discord does not tell of them.
    """
    table = connections.settings.linked_roles
    if table is None:
        return
    async for finding in _provider(table, connections):
        yield finding
    yield await _conditions(table, connections)


async def _provider(table: LinkedRolesTable, connections: Connections) -> AsyncIterator[Finding]:
    async with Upstream.open(
        table.issuer,
        table.client_id,
        table.client_secret,
        Demands(table.scopes, table.required_claims),
        connections.clock,
    ) as upstream:
        try:
            await upstream.discover()
        except UpstreamDown as error:
            yield Finding(Status.WARNING, SUBJECT, f"{table.issuer} cannot be used: {error.cause}")
            return
        except UpstreamError as error:
            yield Finding(Status.FAULT, SUBJECT, f"{table.issuer} cannot be used: {error.cause}")
            return
        yield Finding(Status.OK, SUBJECT, f"{table.issuer} answers")
        yield await _client(upstream)


async def _client(upstream: Upstream) -> Finding:
    """Show the provider our secret with a refresh token that it has never given."""
    try:
        await upstream.try_client()
    except UpstreamDown as error:
        text = f"{upstream.issuer} did not say whether the client secret is good: {error.cause}"
        return Finding(Status.WARNING, SUBJECT, text)
    except UpstreamError as error:
        text = f"{upstream.issuer} does not accept the client: {error.cause}"
        return Finding(Status.FAULT, SUBJECT, text, CLIENT)
    text = f"{upstream.issuer} accepts the client ID and client secret"
    return Finding(Status.OK, SUBJECT, text)


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
