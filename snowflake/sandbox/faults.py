"""Failures as they happen to a request."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snowflake.sandbox.failures import Failure, Met
from snowflake.sandbox.refusals import blocked, edge_page, rate_limited
from snowflake.sandbox.spoiling import spoil

Work = Callable[[Send], Awaitable[None]]
"""What the request would do without a failure; its answer goes to the ``send`` that it is given."""

Wire = Callable[[], asyncio.Transport]
"""Finds the connection beneath the request."""

_REFUSALS: dict[Failure, Callable[[float], Response]] = {
    Failure.BAD_GATEWAY: lambda _: edge_page(502, "502 Bad Gateway", "No answer from upstream."),
    Failure.UNAVAILABLE: lambda _: edge_page(503, "503 Service Unavailable", "Try again later."),
    Failure.RATE_LIMITED_USER: lambda seconds: rate_limited(seconds, "user"),
    Failure.RATE_LIMITED_GLOBAL: lambda seconds: rate_limited(seconds, "global"),
    Failure.RATE_LIMITED_SHARED: lambda seconds: rate_limited(seconds, "shared"),
    Failure.RATE_LIMITED_ADDRESS: lambda _: edge_page(429, "Error 1015", "You are rate limited."),
    Failure.BANNED: lambda _: blocked(),
    Failure.PAGE: lambda _: edge_page(200, "Just a moment...", "Checking your browser."),
}


async def respond(
    met: Met | None, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """Let an application answer, as far as the failure that the request meets lets it.

    The scope's ``sandbox.wire`` finds the connection.
    """
    if met is None:
        await app(scope, receive, send)
    elif (refuse := _REFUSALS.get(met.failure)) is not None:
        await refuse(met.seconds)(scope, receive, send)
    else:
        await _happen(met, partial(app, scope, receive), receive, send, scope["sandbox.wire"])


async def _happen(met: Met, work: Work, receive: Receive, send: Send, wire: Wire) -> None:
    """Do a request's work as the failure has it. ``receive`` is the server's own."""
    match met.failure:
        case Failure.DROPPED_BEFORE:
            await _drop(receive, wire)
        case Failure.DROPPED_AFTER:
            await work(_Answer())
            await _drop(receive, wire)
        case Failure.HANG:
            if await _outlasts(met.released.wait(), receive):
                await work(send)
        case Failure.SLOW:
            if await _outlasts(asyncio.sleep(met.seconds), receive):
                await work(send)
        case Failure.TRUNCATED:
            await _truncate(work, receive, send, wire)
        case failure:
            answer = _Answer()
            await work(answer)
            await answer.pass_on(send, spoil(answer.body, failure, met.fields))


class _Answer:
    """A ``send`` that keeps the answer to itself."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    async def pass_on(self, send: Send, body: bytes) -> None:
        MutableHeaders(scope=self.start)["content-length"] = str(len(body))
        await send(self.start)
        await send({"type": "http.response.body", "body": body})


async def _truncate(work: Work, receive: Receive, send: Send, wire: Wire) -> None:
    answer = _Answer()
    await work(answer)
    # The headers stay, so that Content-Length promises twice as much as comes.
    await send(answer.start)
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    wire().close()
    await _left(receive)


async def _drop(receive: Receive, wire: Wire) -> None:
    wire().abort()
    await _left(receive)


async def _left(receive: Receive) -> None:
    """Wait until the server knows that the connection is gone, or it would answer 500 by itself."""
    # The body has been read to its end, so nothing but http.disconnect can come.
    await receive()


async def _outlasts(event: Awaitable[object], receive: Receive) -> bool:
    """Wait for an event. Return False if the client leaves first."""
    happens, leaves = asyncio.ensure_future(event), asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((happens, leaves), return_when=asyncio.FIRST_COMPLETED)
        return happens.done()
    finally:
        happens.cancel()
        leaves.cancel()
