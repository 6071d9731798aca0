"""Redirect URIs that do not lead to a web site."""

from collections.abc import AsyncIterator

from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.uris.native_apps import remark


async def native_apps(connections: Connections) -> AsyncIterator[Finding]:
    """Tell which URIs of registered clients lead to programs on a person's device, and how far."""
    for client in connections.settings.clients:
        # After a logout they lead to the same programs.
        for uri in dict.fromkeys((*client.redirect_uris, *client.post_logout_redirect_uris)):
            if (text := remark(uri)) is not None:
                yield Finding(Status.NOTE, f"client {client.id}", text)
