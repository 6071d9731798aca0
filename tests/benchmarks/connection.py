"""A connection to a server, which is kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar, cast
from urllib.parse import urlsplit

from tests.benchmarks.messages import Message, Unexpected, whole_message


class Connection(asyncio.Protocol):
    """A connection that sends one request at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Message] | None = None

    @classmethod
    async def open(cls, origin: str) -> "Connection":
        """Connect to an origin such as ``http://localhost:8000``."""
        loop, port = asyncio.get_running_loop(), urlsplit(origin).port or 80
        _, connection = await loop.create_connection(cls, "127.0.0.1", port)
        return connection

    async def send(self, request: bytes, *expected: int) -> Message:
        """Send a request of ``request()`` and answer the answer, which must have such a status."""
        if self._transport is None:
            raise ConnectionResetError("the server has closed the connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        answer = await self._answer
        if answer.status not in expected:
            text = (answer.head + answer.body).decode("utf-8", "replace")
            raise Unexpected(f"expected {' or '.join(map(str, expected))}:\n{text}")
        return answer

    def close(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("no answer came"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        answer = whole_message(self._received)
        if answer is None or self._answer is None:
            return
        self._received = b""
        self._answer.set_result(answer)


class Connecting(Protocol):
    """Whoever has connections of their own."""

    async def connect(self) -> None:
        """Open them."""

    def close(self) -> None:
        """Close them."""


Opened = TypeVar("Opened", bound=Connecting)


@asynccontextmanager
async def connected(opened: Sequence[Opened]) -> AsyncIterator[Sequence[Opened]]:
    """Open the connections of all, for as long as the block lasts."""
    try:
        for one in opened:
            await one.connect()
        yield opened
    finally:
        for one in opened:
            one.close()
