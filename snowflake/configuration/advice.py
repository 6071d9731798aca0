"""What a configuration allows, and its operator may not mean."""

import os
from collections.abc import Iterator
from typing import Final

from snowflake.configuration.variables import variable
from snowflake.settings import Settings
from snowflake.settings.tables.groups import GroupsTable

#: What is in the redirect URI of every OAuth source of Authentik, and of nothing else.
FOR_AUTHENTIK: Final = "/source/oauth/callback/"
#: What comes of groups that are objects there.
OBJECTS: Final = (
    "Authentik, 2024.12 to 2025.12, answers a login that has objects in groups with an error 500; "
    'set shape = "id" and names_claim = true, or shape = "name"'
)
#: The variable that lets in whoever is on its list, and everybody if it has none.
ALLOWED: Final = variable("allowed_clients")


def cautions(settings: Settings) -> Iterator[str]:
    """Answer a sentence for each setting that is better looked at again."""
    if settings.discord_client_id is not None and settings.discord_client_secret is None:
        yield (
            "discord_client_id: without discord_client_secret nobody can sign in through "
            "Snowflake's own application"
        )
    if os.environ.get(ALLOWED) == "" and "*" in settings.allowed_clients:
        yield (
            f"{ALLOWED}: is empty, which counts as not set, so that any Discord application may "
            "sign people in; allowed_clients = [] in snowflake.toml allows none"
        )
    tables = {"groups": settings.groups}
    for client in settings.clients:
        table = settings.groups.changed_by(client.groups)
        if client.groups is not None:
            tables[f"clients.{client.id}.groups"] = table
        gets_groups = client.scopes is None or "groups" in client.scopes
        is_authentik = any(FOR_AUTHENTIK in uri for uri in client.redirect_uris)
        if is_authentik and gets_groups and table.shape == "object":
            yield f"clients.{client.id}: {OBJECTS}"
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
