"""Connections to Discord: httpx's interface over aiohttp, which takes a third of the time.

What aiohttp would do by itself is switched off: it keeps no cookies, which are one person's and
would travel with the next one's requests; it follows no redirect; and it repeats nothing, since a
dropped request may have been counted, or done.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from snowflake.outbound.connections import KEEP_ALIVE, certificates, proxy_for

#: Connections to Discord that a process has at most.
MAX_CONNECTIONS: Final = 100

#: Failures after which Discord has surely not seen the request.
NEVER_ARRIVED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)


@asynccontextmanager
async def open_transport(url: str) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """Open the pool of connections for requests to a URL. Every failure is an ``HTTPError``.

    A proxy is used if the environment names one for this URL. Through SOCKS, of which aiohttp knows
    nothing, httpx goes by itself.
    """
    proxy = proxy_for(url)
    is_socks = proxy is not None and proxy.url.scheme.startswith("socks")
    async with (_plain_transport if is_socks else _fast_transport)(proxy) as transport:
        yield transport


def _fast_transport(proxy: httpx.Proxy | None) -> httpx.AsyncBaseTransport:
    trusted = certificates()
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            ssl=trusted, limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_tell_drops_from_connecting,),
    )
    return AiohttpTransport(client=session, verify=trusted, proxy=proxy and _with_header(proxy))


def _with_header(proxy: httpx.Proxy) -> httpx.Proxy:
    """Answer the proxy with its credentials in a header, as aiohttp wants them."""
    if proxy.auth is None:
        return proxy
    return httpx.Proxy(
        proxy.url, headers={"Proxy-Authorization": aiohttp.encode_basic_auth(*proxy.auth)}
    )


def _plain_transport(proxy: httpx.Proxy | None) -> httpx.AsyncBaseTransport:
    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_ALIVE)
    return httpx.AsyncHTTPTransport(verify=certificates(), limits=limits, proxy=proxy)


async def _tell_drops_from_connecting(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Give a connection that drops a name of its own.

    httpx-aiohttp takes it for one that was never made, after which a code could be sent again; and
    aiohttp would send a GET again at once.
    """
    try:
        return await handler(request)
    except (
        aiohttp.ClientConnectorError,
        aiohttp.ClientHttpProxyError,
        aiohttp.ServerTimeoutError,
    ):
        raise
    except (aiohttp.ClientError, OSError) as error:
        raise aiohttp.ClientPayloadError(type(error).__name__) from error
