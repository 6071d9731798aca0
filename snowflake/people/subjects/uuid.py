"""``uuid``: a UUID of version 5 (RFC 9562, section 5.5), the same for all clients that have it."""

from uuid import uuid5

from snowflake.discord.models import User
from snowflake.people.subjects.keys import Keys
from snowflake.settings.client import Client


def of(user: User, _client: Client, keys: Keys) -> str:
    """Answer the UUID. Its namespace is secret, or anybody could try all IDs there are."""
    return str(uuid5(keys.namespace, user.id))
