"""The paths of linked roles, below the base path."""

from typing import Final

START: Final = "/linked-role"
#: Where Discord sends people back to, who link or unlink.
DISCORD: Final = "/linked-role/discord"
#: Where the upstream provider sends them back to.
UPSTREAM: Final = "/linked-role/upstream"
UNLINK: Final = "/linked-role/unlink"
HOOK: Final = "/linked-roles/hook"
EVENTS: Final = "/discord/events"
