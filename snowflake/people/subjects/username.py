"""``username``: the name of the account. It can be changed, and then be somebody else's."""

from typing import Final

from snowflake.discord.models import User
from snowflake.people.subjects.keys import Keys
from snowflake.settings.client import Client

#: Of an account with a unique name.
NO_DISCRIMINATOR: Final = frozenset({None, "0"})


def of(user: User, _client: Client, _keys: Keys) -> str | None:
    """Answer the name, of an account that has still one of the old kind with its number.

    Names of the old kind are not unique, and one of them may be the same as a new one.
    """
    if not user.username or user.discriminator in NO_DISCRIMINATOR:
        return user.username or None
    return f"{user.username}#{user.discriminator}"
