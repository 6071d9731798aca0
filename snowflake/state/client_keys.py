"""The public keys that applications and issuers publish, by which JWTs are verified.

Anybody can name one of these clients, and send what looks like its JWT. So keys are fetched for
nobody more often than ``upstream/jwks`` and the pause after a failure allow.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import httpx
from joserfc.jwk import Key

from snowflake.errors import Busy, UpstreamError, UpstreamUnasked, UpstreamUntrusted
from snowflake.outbound.transport import transport_to_any
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.trusts import TrustTable
from snowflake.upstream.calls import Call, Calls
from snowflake.upstream.discovery import document_url, read_issuer
from snowflake.upstream.jwks import Keys
from snowflake.upstream.neighbourhood import Neighbourhood
from snowflake.upstream.reading import read

#: Connections that a process has at most.
MAX_CONNECTIONS: Final = 20
#: Seconds after a failure for which nothing is fetched, and whoever asks is told of that failure.
PAUSE: Final = 5.0


class Publisher(NamedTuple):
    """Where somebody publishes their keys: at a ``url``, or where that of an issuer leads to."""

    url: str
    is_issuer: bool = False


def publisher_of(trust: TrustTable) -> Publisher:
    """Answer who publishes the keys of an issuer that a client trusts."""
    if trust.jwks_uri is not None:
        return Publisher(trust.jwks_uri)
    return Publisher(trust.issuer, is_issuer=True)


def _named_by(client: ClientTable) -> Iterator[Publisher]:
    if client.jwks_uri is not None:
        yield Publisher(client.jwks_uri)
    yield from map(publisher_of, client.trusts)


class ClientKeys:
    """The key sets of whichever publishers, each kept for a while and fetched anew if need be."""

    def __init__(self, transport: httpx.AsyncBaseTransport, clock: Callable[[], float]) -> None:
        self._transport, self._clock = transport, clock
        self._sets: dict[Publisher, Keys] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, clock: Callable[[], float]) -> AsyncIterator["ClientKeys"]:
        """Open the pool. Nothing is fetched yet. ``clock`` tells Unix time in seconds."""
        async with transport_to_any(MAX_CONNECTIONS) as transport:
            yield cls(transport, clock)

    async def find(self, publisher: Publisher, kid: str | None, algorithm: str) -> Key | None:
        """Answer the key of a JWT by what its header says; None if there is none such.

        Raises:
            Busy: there may be one, since the name is new; keys were fetched too short a time ago.
            UpstreamError: the keys cannot be fetched.
        """
        try:
            return await self._set_of(publisher).find(kid, algorithm)
        except UpstreamUnasked as unasked:
            raise Busy("the key of the JWT is not known yet; try again", unasked.wait) from None
        except UpstreamUntrusted:
            return None

    def use(self, settings: Settings) -> None:
        """Go by these settings from now on: keep nothing of whom no client names any more."""
        named = {one for client in settings.clients for one in _named_by(client)}
        self._sets = {one: keys for one, keys in self._sets.items() if one in named}

    def _set_of(self, publisher: Publisher) -> Keys:
        keys = self._sets.get(publisher)
        if keys is None:
            fetch = _Fetching(publisher, self._transport, self._clock)
            # As many as the configuration names.
            keys = self._sets[publisher] = Keys(fetch, self._clock)
        return keys


class _Fetching:
    """Fetches the key set of one publisher, and rests after a failure."""

    def __init__(
        self,
        publisher: Publisher,
        transport: httpx.AsyncBaseTransport,
        clock: Callable[[], float],
    ) -> None:
        self._publisher, self._transport, self._clock = publisher, transport, clock
        self._failed: tuple[float, UpstreamError] | None = None

    # Whatever JSON has.
    async def __call__(self) -> dict[str, Any]:
        if self._failed is not None:
            failed_at, failure = self._failed
            if 0 <= self._clock() - failed_at < PAUSE:
                raise type(failure)(*failure.args)
        try:
            fetched = await fetch_key_set(self._transport, self._publisher)
        except UpstreamError as error:
            self._failed = self._clock(), error
            raise
        self._failed = None
        return fetched


# Whatever JSON has.
async def fetch_key_set(
    transport: httpx.AsyncBaseTransport, publisher: Publisher
) -> dict[str, Any]:
    """Fetch what a publisher has, who may be near only by a name that says so.

    Raises:
        UpstreamError: there is no JSON object, or an issuer says that it is another one.
    """
    url = publisher.url
    calls = Calls(transport, Neighbourhood(url))
    if publisher.is_issuer:
        document = read(await calls.send(Call("discovery", document_url(url))))
        url = read_issuer(document, url).jwks_uri
    return read(await calls.send(Call("jwks", url)))
