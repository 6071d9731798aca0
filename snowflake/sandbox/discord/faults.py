"""Failures as they happen to a request."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import Message, Receive, Send

from snowflake.sandbox.discord.answers import blocked, edge_page, rate_limited
from snowflake.sandbox.discord.failures import Failure, Planned
from snowflake.sandbox.discord.spoiling import spoil
from snowflake.sandbox.discord.transport import connection

Work = Callable[[Send], Awaitable[None]]
"""What the request would do without a failure; its answer goes to the ``send`` that it is given."""


def refusal(planned: Planned) -> Response | None:
    """Return the answer of a failure that is an answer, else None."""
    seconds = planned.seconds
    match planned.failure:
        case Failure.BAD_GATEWAY:
            return edge_page(502, "502 Bad Gateway", "The upstream server did not answer.")
        case Failure.UNAVAILABLE:
            return edge_page(503, "503 Service Temporarily Unavailable", "Try again later.")
        case Failure.RATE_LIMITED_USER:
            return rate_limited(seconds, "user")
        case Failure.RATE_LIMITED_GLOBAL:
            return rate_limited(seconds, "global")
        case Failure.RATE_LIMITED_SHARED:
            return rate_limited(seconds, "shared")
        case Failure.RATE_LIMITED_ADDRESS:
            return edge_page(429, "Error 1015", "You are being rate limited.")
        case Failure.BANNED:
            return blocked()
        case Failure.PAGE:
            return edge_page(200, "Just a moment...", "Checking your browser.")
    return None


class Faults:
    """Lets the other failures happen, and keeps those that hang until they are released."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hanging: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    async def happen(self, planned: Planned, work: Work, receive: Receive, send: Send) -> None:
        """Do a request's work as the failure has it. ``receive`` and ``send`` are the server's."""
        match planned.failure:
            case Failure.DROPPED_BEFORE:
                await _drop(receive, send)
            case Failure.DROPPED_AFTER:
                await work(_Answer())
                await _drop(receive, send)
            case Failure.HANG:
                if await self._released(receive):
                    await work(send)
            case Failure.SLOW:
                if await _outlasts(asyncio.sleep(planned.seconds), receive):
                    await work(send)
            case Failure.TRUNCATED:
                await _truncate(work, receive, send)
            case failure:
                answer = _Answer()
                await work(answer)
                await answer.pass_on(send, spoil(answer.body, failure))

    def release(self) -> None:
        """Let every request that hangs go on. May be called from any thread."""
        with self._lock:
            for loop, released in self._hanging:
                loop.call_soon_threadsafe(released.set)

    async def _released(self, receive: Receive) -> bool:
        hanging = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._hanging.add(hanging)
        try:
            return await _outlasts(hanging[1].wait(), receive)
        finally:
            with self._lock:
                self._hanging.discard(hanging)


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
        length = (b"content-length", str(len(body)).encode())
        await send({**self.start, "headers": [*self._headers(), length]})
        await send({"type": "http.response.body", "body": body})

    def _headers(self) -> list[tuple[bytes, bytes]]:
        return [pair for pair in self.start["headers"] if pair[0] != b"content-length"]


async def _truncate(work: Work, receive: Receive, send: Send) -> None:
    answer = _Answer()
    await work(answer)
    # The headers stay, so that Content-Length promises twice as much as comes.
    await send(answer.start)
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    connection(send).close()
    await _left(receive)


async def _drop(receive: Receive, send: Send) -> None:
    connection(send).abort()
    await _left(receive)


async def _left(receive: Receive) -> None:
    """Wait until the server knows that the connection is gone, or it would answer 500 by itself."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _outlasts(event: Awaitable[object], receive: Receive) -> bool:
    """Wait for an event. Return False if the client leaves first."""
    happens, leaves = asyncio.ensure_future(event), asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((happens, leaves), return_when=asyncio.FIRST_COMPLETED)
        return happens.done()
    finally:
        happens.cancel()
        leaves.cancel()
