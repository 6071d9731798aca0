"""Pools of connections, to one server or to any, behind httpx's interface for transports.

Where all requests go to one server, aiohttp carries them, which takes a third of the time. Where
they go to many, httpcore does: it tells at once who is at the other end of a connection, before
anything is said (``trace``), and finds the proxy for each.

Neither keeps cookies, which are one person's and would travel with the next one's requests; follows
a redirect; or repeats anything, since a dropped request may have been counted, or done.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from snowflake.outbound.connections import KEEP_ALIVE, certificates, proxy_for
from snowflake.outbound.over_aiohttp import OverAiohttp, Pool


@asynccontextmanager
async def transport_to(url: str, connections: int) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """Open a pool of at most so many connections to the server of a URL.

    Every failure is an ``HTTPError``.

    A proxy is used if the environment names one for this URL. Through SOCKS, of which aiohttp knows
    nothing, httpx goes by itself.
    """
    proxy = proxy_for(url)
    is_socks = proxy is not None and proxy.url.scheme.startswith("socks")
    async with (_plain if is_socks else _fast)(proxy, connections) as transport:
        yield transport


@asynccontextmanager
async def transport_to_any(connections: int) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """Open a pool of at most so many connections, to whichever servers."""
    async with _ToAny(connections) as transport:
        yield transport


class _ToAny(httpx.AsyncBaseTransport):
    """Sends each request by the proxy that ``proxy_for`` answers, if any.

    httpx would look for one by itself, but reads ``NO_PROXY`` in a way of its own, and does not
    even start where that has an IPv6 address in brackets or a network.
    """

    def __init__(self, connections: int) -> None:
        self._trusted, self._connections = certificates(), connections
        self._pools: dict[str | None, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        proxy = proxy_for(str(request.url))
        # There is one for each scheme at most.
        name = str(proxy.url) if proxy is not None else None
        if name not in self._pools:
            self._pools[name] = _plain(proxy, self._connections, self._trusted)
        return await self._pools[name].handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.aclose()


def _fast(proxy: httpx.Proxy | None, connections: int) -> httpx.AsyncBaseTransport:
    pool = Pool(ssl=certificates(), limit=connections, keepalive_timeout=KEEP_ALIVE)
    return OverAiohttp(pool, proxy)


def _plain(
    proxy: httpx.Proxy | None, connections: int, trusted: ssl.SSLContext | None = None
) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(max_connections=connections, keepalive_expiry=KEEP_ALIVE)
    return httpx.AsyncHTTPTransport(verify=trusted or certificates(), limits=limits, proxy=proxy)
