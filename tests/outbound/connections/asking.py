"""Both ways to others, to one server and to any, asked alike."""

from collections.abc import Awaitable, Callable

import httpx

from snowflake.outbound.failures import NoAnswer
from snowflake.outbound.sending import send
from snowflake.outbound.transport import transport_to, transport_to_any

#: Sends a request to each address, one after the other, and answers why it could not, or None.
Ask = Callable[..., Awaitable[str | None]]


async def to_one(*urls: str, between: Callable[[], None] = lambda: None) -> str | None:
    async with transport_to(urls[0], 1) as transport:
        return await _ask(transport, urls, between)


async def to_any(*urls: str, between: Callable[[], None] = lambda: None) -> str | None:
    async with transport_to_any(1) as transport:
        return await _ask(transport, urls, between)


async def _ask(
    transport: httpx.AsyncBaseTransport, urls: tuple[str, ...], between: Callable[[], None]
) -> str | None:
    for url in urls:
        try:
            await send(transport, httpx.Request("GET", url), seconds=5.0, size=65_536)
        except NoAnswer as failure:
            return str(failure)
        between()
    return None
