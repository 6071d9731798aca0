"""What a configuration allows, and its operator may not mean."""

from collections.abc import Iterator

from snowflake.settings import Settings
from snowflake.tables.groups import GroupsTable


def cautions(settings: Settings) -> Iterator[str]:
    """Answer a sentence for each setting that is better looked at again."""
    if settings.discord_client_id is not None and settings.discord_client_secret is None:
        yield (
            "discord_client_id: without discord_client_secret nobody can sign in through "
            "Snowflake's own application"
        )
    tables = {"groups": settings.groups}
    for client in settings.clients:
        if client.groups is not None:
            tables[f"clients.{client.id}.groups"] = settings.groups.changed_by(client.groups)
    for name, table in tables.items():
        if _can_be_forged(table):
            yield (
                f"{name}: anybody can make a guild of any name, and is in a group of that name "
                "then; name your guilds in guilds, or all that count in names with only_named"
            )


def _can_be_forged(table: GroupsTable) -> bool:
    """Whether somebody chooses what a group is called by what they call a guild of theirs."""
    is_by_name = table.shape == "name" or table.names_claim
    is_theirs = is_by_name and "{guild_id}" not in table.guild_name
    return "guilds" in table.include and is_theirs and not (table.guilds or table.only_named)
