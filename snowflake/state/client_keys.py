"""The public keys that applications publish, by which the JWTs are verified that they sign."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import httpx
from joserfc.jwk import Key

from snowflake.errors import UpstreamUntrusted
from snowflake.outbound.transport import transport_to_any
from snowflake.upstream.calls import Call, Calls
from snowflake.upstream.jwks import Keys
from snowflake.upstream.neighbourhood import Neighbourhood
from snowflake.upstream.reading import read

#: Connections that a process has at most.
MAX_CONNECTIONS: Final = 20


class ClientKeys:
    """The key sets at whichever ``jwks_uri``, each kept for a while and fetched anew if need be."""

    def __init__(self, transport: httpx.AsyncBaseTransport, clock: Callable[[], float]) -> None:
        self._transport, self._clock = transport, clock
        self._sets: dict[str, Keys] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, clock: Callable[[], float]) -> AsyncIterator["ClientKeys"]:
        """Open the pool. Nothing is fetched yet. ``clock`` tells Unix time in seconds."""
        async with transport_to_any(MAX_CONNECTIONS) as transport:
            yield cls(transport, clock)

    async def find(self, jwks_uri: str, kid: str | None, algorithm: str) -> Key | None:
        """Answer the key of a JWT by what its header says; None if there is none such.

        Raises:
            UpstreamError: the keys cannot be fetched.
        """
        keys = self._sets.get(jwks_uri)
        if keys is None:
            # As many as the configuration names.
            keys = self._sets[jwks_uri] = Keys(
                partial(fetch_key_set, self._transport, jwks_uri), self._clock
            )
        try:
            return await keys.find(kid, algorithm)
        except UpstreamUntrusted:
            return None


# Whatever JSON has.
async def fetch_key_set(transport: httpx.AsyncBaseTransport, jwks_uri: str) -> dict[str, Any]:
    """Fetch what is at a ``jwks_uri``, which may be near only if it says so itself.

    Raises:
        UpstreamError: there is no JSON object.
    """
    calls = Calls(transport, Neighbourhood(jwks_uri))
    return read(await calls.send(Call("jwks", jwks_uri)))
