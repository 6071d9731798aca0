"""``hash``: a keyed hash of the ID, the same for all clients that have it."""

import hmac

from snowflake.discord.models import User
from snowflake.people.subjects.keys import Keys
from snowflake.settings.client import Client


def of(user: User, _client: Client, keys: Keys) -> str:
    """Answer the HMAC-SHA256 of the ID, in hexadecimal."""
    return hmac.digest(keys.hash, user.id.encode(), "sha256").hex()
