"""Both who speak to others, to Discord and to the provider of linked roles, asked alike."""

from collections.abc import Awaitable, Callable

import httpx

from snowflake.discord.transport import open_transport
from snowflake.errors import UpstreamDown
from snowflake.outbound.reasons import reason_of
from snowflake.upstream.calls import Call, Calls

#: Sends a request to each address, one after the other, and answers why it could not, or None.
Ask = Callable[..., Awaitable[str | None]]


async def by_discord(*urls: str, between: Callable[[], None] = lambda: None) -> str | None:
    async with open_transport(urls[0]) as transport:
        for url in urls:
            request = httpx.Request("GET", url, extensions={"timeout": httpx.Timeout(5).as_dict()})
            try:
                response = await transport.handle_async_request(request)
            except httpx.HTTPError as error:
                return reason_of(error)
            await response.aread()
            await response.aclose()
            between()
    return None


async def by_upstream(*urls: str, between: Callable[[], None] = lambda: None) -> str | None:
    async with Calls.open(urls[0]) as calls:
        for url in urls:
            try:
                await calls.send(Call("discovery", url))
            except UpstreamDown as error:
                return error.cause.removeprefix("discovery: no answer (").removesuffix(")")
            between()
    return None
