"""Connections to Discord: httpx's interface over aiohttp, which takes a third of the time.

What aiohttp would do by itself is switched off: it keeps no cookies, which are one person's and
would travel with the next one's requests; it follows no redirect; and it repeats nothing, since a
dropped request may have been counted, or done.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

#: Connections to Discord that a process has at most, and seconds for which one stays unused.
MAX_CONNECTIONS: Final = 100
KEEP_ALIVE: Final = 5.0

#: Failures after which Discord has surely not seen the request.
NEVER_ARRIVED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)


@asynccontextmanager
async def open_transport(url: str) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """Open the pool of connections for requests to a URL. Every failure is an ``HTTPError``.

    A proxy is used if the environment names one for this URL, as httpx does by itself.
    """
    certificates = httpx.create_ssl_context()
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            ssl=certificates, limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_tell_drops_from_connecting,),
    )
    transport = AiohttpTransport(client=session, verify=certificates, proxy=_proxy(url))
    async with transport:
        yield transport


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


def _proxy(url: str) -> httpx.Proxy | None:
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}") if proxy else None
