"""``id``: the Discord user ID, which everybody knows and nobody can change."""

from snowflake.discord.models import User
from snowflake.people.subjects.keys import Keys
from snowflake.settings.client import Client


def of(user: User, _client: Client, _keys: Keys) -> str:
    """Answer the ID."""
    return user.id
