"""``pairwise``: another name in each sector (OpenID Connect Core 1.0, section 8.1)."""

import hmac

from snowflake.discord.models import User
from snowflake.people.subjects.keys import Keys
from snowflake.settings.client import Client


def of(user: User, client: Client, keys: Keys) -> str:
    """Answer the HMAC-SHA256 of sector and ID, in hexadecimal. No sector has a space in it."""
    content = f"{client.sector} {user.id}".encode()
    return hmac.digest(keys.pairwise, content, "sha256").hex()
