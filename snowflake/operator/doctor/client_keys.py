"""Whether the keys can be fetched by which clients prove who they are, and verify something."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding
from snowflake.operator.doctor.key_set import Source, key_set
from snowflake.settings import Settings
from snowflake.state.client_keys import Publisher, fetch_key_set, publisher_of
from snowflake.upstream.algorithms import HASHES


async def client_keys(connections: Connections) -> AsyncIterator[Finding]:
    """Fetch the keys of each client, and of each issuer that it trusts, as when one signs."""
    looks = (
        key_set(source, fetch_key_set(connections.transport, publisher))
        for publisher, source in _sources(connections.settings)
    )
    for findings in await asyncio.gather(*looks):
        for finding in findings:
            yield finding


def _sources(settings: Settings) -> Iterator[tuple[Publisher, Source]]:
    for client in settings.clients:
        subject = f"client {client.id}"
        if client.jwks_uri is not None:
            yield Publisher(client.jwks_uri), Source(subject, client.jwks_uri)
        # Several trusts of one issuer have the same keys.
        for publisher in dict.fromkeys(map(publisher_of, client.trusts)):
            key = "issuer of trusts" if publisher.is_issuer else "jwks_uri of trusts"
            yield publisher, Source(subject, publisher.url, key, tuple(HASHES))
