"""Whether Discord accepts what is configured, whatever that may see there."""

from collections.abc import AsyncIterator

from snowflake.operator.doctor.application import application
from snowflake.operator.doctor.bot import token
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding
from snowflake.settings import Settings


def has_credentials(settings: Settings) -> bool:
    """Whether there is anything to ask Discord about."""
    return _has_client(settings) or settings.discord_bot_token is not None


async def acceptance(connections: Connections) -> AsyncIterator[Finding]:
    """Ask Discord about the client secret and the bot's token, once each."""
    settings = connections.settings
    if _has_client(settings):
        async for finding in application(connections):
            yield finding
    if settings.discord_bot_token is not None:
        finding, _ = await token(connections)
        yield finding


def _has_client(settings: Settings) -> bool:
    return None not in {settings.discord_client_id, settings.discord_client_secret}
