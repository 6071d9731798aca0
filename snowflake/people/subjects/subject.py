"""What a subject mode is."""

from collections.abc import Callable
from dataclasses import dataclass

from snowflake.discord.models import User
from snowflake.people.subjects.keys import Keys
from snowflake.settings.client import Client


@dataclass(frozen=True, slots=True)
class Subject:
    """A way to name people to a client: the claim ``sub``.

    ``of`` answers the name; None if somebody has none of this kind, or Discord did not say it.
    ``tells`` is what people are told of it who are asked for their consent. It ``needs`` fields of
    the account, beside the ID. It ``reveals`` something of a person by which others know them too.
    One that ``is_keyed`` needs the secret of this Snowflake.
    """

    of: Callable[[User, Client, Keys], str | None]
    tells: str
    needs: frozenset[str] = frozenset()
    reveals: bool = False
    is_keyed: bool = False
