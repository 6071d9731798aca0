"""Whether the keys that registered clients publish can be fetched, and verify what they sign."""

import asyncio
from collections.abc import AsyncIterator

from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding
from snowflake.operator.doctor.key_set import key_set
from snowflake.state.client_keys import fetch_key_set


async def client_keys(connections: Connections) -> AsyncIterator[Finding]:
    """Fetch the keys of each client that has a ``jwks_uri``, as it is done when it signs."""
    looks = (
        key_set(f"client {client.id}", uri, fetch_key_set(connections.transport, uri))
        for client in connections.settings.clients
        if (uri := client.jwks_uri) is not None
    )
    for findings in await asyncio.gather(*looks):
        for finding in findings:
            yield finding
