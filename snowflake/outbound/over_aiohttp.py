"""aiohttp's connections behind httpx's interface for transports.

What aiohttp would do by itself is switched off: to follow redirects, to keep cookies, to unpack,
and to send a GET again that was dropped.
"""

import selectors
from collections.abc import AsyncIterator
from typing import Final

import aiohttp
import httpx
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

#: aiohttp's failures, and httpx's that stand for them: the first that fits. Where none does, the
#: request may have arrived: a code must not be sent again.
_FAILURES: Final = (
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.SocketTimeoutError, httpx.ReadTimeout),
)
#: Looks at one socket: poll needs no file of its own for that, and Windows does not have it.
_Selector: Final = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Pool(aiohttp.TCPConnector):
    """Connections that are used again only if nothing has come on them unasked, an end neither.

    aiohttp takes what came meanwhile, such as the 408 of a server that has waited too long, for the
    answer to the next request, and then each answer for that to somebody else.
    """

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (unused := await super()._get(key, traces)) is not None:
            if _is_silent(unused):
                return unused
            unused.close()
        return None


class OverAiohttp(httpx.AsyncBaseTransport):
    """Sends requests over the connections of a pool, by a proxy if there is one."""

    def __init__(self, pool: aiohttp.BaseConnector, proxy: httpx.Proxy | None) -> None:
        self._session = aiohttp.ClientSession(
            connector=pool,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            middlewares=(_fail_as_httpx_does,),
            proxy=None if proxy is None else str(proxy.url),
        )
        self._proxy_headers = _headers_for(proxy)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request whose body is there already, and answer with a body that is not.

        Raises:
            httpx.HTTPError: there is no answer.
        """
        steps = request.extensions["timeout"]
        limits = aiohttp.ClientTimeout(
            connect=steps["pool"], sock_connect=steps["connect"], sock_read=steps["read"]
        )
        headers = request.headers.multi_items()
        if request.url.scheme == "http":
            # aiohttp tells the proxy who asks only where it is asked for a tunnel.
            headers += self._proxy_headers.items()
        try:
            answer = await self._session.request(
                request.method,
                str(request.url),
                headers=headers,
                data=request.content or None,
                allow_redirects=False,
                timeout=limits,
                proxy_headers=self._proxy_headers,
            )
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise httpx.UnsupportedProtocol(type(error).__name__) from error
        except UnicodeError:
            # To look up a host name that is none is of Python's own kind (``sending``).
            raise
        except ValueError as error:
            # A header that cannot be sent, whose value must not be told.
            raise httpx.LocalProtocolError(type(error).__name__) from None
        return httpx.Response(
            answer.status, headers=answer.raw_headers, stream=_Body(answer), request=request
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()


class _Body(httpx.AsyncByteStream):
    """What is still to come of an answer."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._answer.content.iter_any():
                yield piece
        except (aiohttp.ClientError, OSError) as error:
            raise _failure(error) from error

    async def aclose(self) -> None:
        # Unless all of it was read, the connection goes too.
        self._answer.release()


def _is_silent(unused: Connection) -> bool:
    """Whether nothing has come on a connection since its last answer."""
    protocol, transport = unused.protocol, unused.transport
    # There is none any more where a connection has just ended.
    socket = None if transport is None else transport.get_extra_info("socket")
    if socket is None or protocol is None or protocol.should_close:
        return False
    # What has come may not have been read: a code that is sent after an end is lost.
    with _Selector() as arrived:
        arrived.register(socket, selectors.EVENT_READ)
        return not arrived.select(0)


async def _fail_as_httpx_does(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Give failures httpx's names. aiohttp would send a GET again at once after some of its own."""
    try:
        return await handler(request)
    except (aiohttp.ClientError, OSError) as error:
        raise _failure(error) from error


def _failure(error: Exception) -> httpx.HTTPError:
    for kind, ours in _FAILURES:
        if isinstance(error, kind):
            return ours(type(error).__name__)
    return httpx.ReadError(type(error).__name__)


def _headers_for(proxy: httpx.Proxy | None) -> dict[str, str]:
    if proxy is None or proxy.auth is None:
        return {}
    # A name with a colon ends there for whoever reads the header; aiohttp takes none.
    name, _, password = ":".join(proxy.auth).partition(":")
    return {"Proxy-Authorization": aiohttp.encode_basic_auth(name, password)}
