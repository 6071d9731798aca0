"""One request, and its answer read to the end: within a time and a size, and nowhere else.

Every request of ours that leaves the process goes through here, but for those of the sandbox to
itself. An answer that leads elsewhere is answered as it is: nobody has checked where to, and it
would take along what was meant for somebody else (``answer.is_redirect`` tells).
"""

import asyncio

import httpx

from snowflake import __version__
from snowflake.outbound.answer import Answer
from snowflake.outbound.failures import Dropped, NeverArrived, TooSlow
from snowflake.outbound.reading import read_whole

#: Failures after which surely nobody has seen the request. One to look up a host name that is none
#: is of Python's own kind.
_NEVER_ARRIVED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    UnicodeError,
)


async def send(
    transport: httpx.AsyncBaseTransport, request: httpx.Request, *, seconds: float, size: int
) -> Answer:
    """Send a request once, and answer what comes, whatever its status.

    ``seconds`` are for all of it, from a place in the pool to the last byte; ``size`` is in bytes
    of the body. Steps of their own limits are the request's (``timeout`` of its extensions).

    Raises:
        NoAnswer: of the kind that says what has happened instead.
    """
    # Who asks, and wants it plain, unless the request says otherwise.
    request.headers.setdefault("User-Agent", f"Snowflake/{__version__}")
    request.headers.setdefault("Accept-Encoding", "identity")
    request.extensions.setdefault("timeout", httpx.Timeout(seconds).as_dict())
    try:
        async with asyncio.timeout(seconds):
            return await read_whole(request, await transport.handle_async_request(request), size)
    except _NEVER_ARRIVED as error:
        raise NeverArrived.because_of(error) from None
    except (TimeoutError, httpx.TimeoutException):
        raise TooSlow("it takes too long") from None
    except httpx.HTTPError as error:
        raise Dropped.because_of(error) from None
