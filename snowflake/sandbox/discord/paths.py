"""Where the API is, and the routes of it that can fail."""

import re
from typing import Final, Literal

API: Final = "/api/v10"

Route = Literal[
    "authorize",
    "token",
    "revoke",
    "me",
    "guilds",
    "member",
    "guild_member",
    "roles",
    "application",
    "metadata",
    "role_connection",
]
"""The routes that can fail."""

ROUTES: Final[dict[str, Route]] = {
    "/oauth2/authorize": "authorize",
    f"{API}/oauth2/token": "token",
    f"{API}/oauth2/token/revoke": "revoke",
    f"{API}/users/@me": "me",
    f"{API}/users/@me/guilds": "guilds",
    f"{API}/users/@me/guilds/*/member": "member",
    f"{API}/guilds/*/members/*": "guild_member",
    f"{API}/guilds/*/roles": "roles",
    f"{API}/applications/@me": "application",
    f"{API}/applications/*/role-connections/metadata": "metadata",
    f"{API}/users/@me/applications/*/role-connection": "role_connection",
}
"""Path, with a star for an ID → the name by which a test lets it fail."""

_ID: Final = re.compile(r"(/guilds/|/members/|/applications/(?!@me))[^/]+")


def route_at(path: str) -> Route | None:
    """Return the name by which a test lets a path fail."""
    return ROUTES.get(_ID.sub(r"\1*", path))


def is_api(path: str) -> bool:
    """Tell whether a program asks there; at every other path it is a person."""
    return path.startswith("/api/")
