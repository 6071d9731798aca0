"""The list of guilds, a page at a time."""

from collections.abc import Iterable, Mapping

from snowflake.sandbox.discord.answers import INVALID_BODY, Refused
from snowflake.sandbox.discord.guilds import Guild

MOST = 200
"""The guilds of one page, and those of one person. A bot can be in more."""


def page(guilds: Iterable[Guild], query: Mapping[str, str]) -> list[Guild]:
    """Return the guilds that ``GET /users/@me/guilds`` lists: by ID, the oldest first.

    ``after`` and ``before`` are IDs that bound the page, ``limit`` is how long it may be. Raises
    Refused for others than numbers, and for a limit that is none.
    """
    try:
        limit = int(query.get("limit", MOST))
        after = int(query.get("after", -1))
        before = int(query["before"]) if "before" in query else None
    except ValueError:
        raise Refused(400, INVALID_BODY, "Invalid Form Body") from None
    if not 1 <= limit <= MOST:
        raise Refused(400, INVALID_BODY, "Invalid Form Body")
    found = sorted((guild for guild in guilds if int(guild.id) > after), key=lambda g: int(g.id))
    if before is None:
        return found[:limit]
    return [guild for guild in found if int(guild.id) < before][-limit:]
