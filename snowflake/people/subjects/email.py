"""``email``: the address, if Discord has verified it, whatever is handed out as a claim."""

from typing import Final

from snowflake.discord.models import User
from snowflake.people.subjects.keys import Keys
from snowflake.settings.client import Client

#: Characters of a subject, all of ASCII (OpenID Connect Core 1.0, section 2).
LONGEST: Final = 255


def of(user: User, _client: Client, _keys: Keys) -> str | None:
    """Answer the address. Anybody could enter one that is not verified."""
    address = user.email if user.verified else None
    if not address or not address.isascii() or len(address) > LONGEST:
        return None
    return address
