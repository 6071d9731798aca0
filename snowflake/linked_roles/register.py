"""The conditions at Discord: what is different there, and putting ours in their place."""

from snowflake.discord.client import DiscordClient
from snowflake.errors import StartFault
from snowflake.linked_roles.own import application_of, table_of
from snowflake.linked_roles.schema import Schema, difference, schema_of
from snowflake.settings import Settings

NO_BOT = (
    "SNOWFLAKE_DISCORD_BOT_TOKEN: is missing; Discord takes the conditions of linked roles from "
    "the application's bot alone"
)


async def changes(discord: DiscordClient, settings: Settings) -> list[str]:
    """Answer what registering would change at Discord, a line each; none if nothing.

    Raises:
        StartFault: there is no bot token.
        TemporarilyUnavailable: Discord gave no usable answer, or refuses the bot.
    """
    ours = _ours(settings)
    theirs = await discord.bot.metadata(application_of(settings).id)
    return difference(ours, theirs)


async def register(discord: DiscordClient, settings: Settings) -> None:
    """Put our conditions in place of those that Discord has. Raises as ``changes`` does.

    Raises:
        InvalidRequest: Discord does not take them.
    """
    await discord.bot.put_metadata(application_of(settings).id, _ours(settings))


def _ours(settings: Settings) -> Schema:
    table = table_of(settings)
    if settings.discord_bot_token is None:
        raise StartFault([NO_BOT])
    return schema_of(table)
