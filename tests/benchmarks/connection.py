"""HTTP/1.1 over one connection that is kept, with as little work as possible.

A client as people use them costs more than the server that is to be measured. This one knows what
Uvicorn sends: lower-case field names, and a Content-Length with every answer.
"""

import asyncio
from typing import NamedTuple, cast
from urllib.parse import urlsplit


class Unexpected(Exception):
    """An answer that no benchmark may count."""


class Answer(NamedTuple):
    """An answer. ``head`` is the status line and the fields, each with its line break."""

    status: int
    head: bytes
    body: bytes

    def field(self, name: bytes) -> bytes:
        """Answer the first field of a name, given in lower case."""
        value = _field(self.head, name)
        if value is None:
            raise Unexpected(f"an answer has no {name.decode()}: {self.head.decode('latin-1')}")
        return value


class Connection(asyncio.Protocol):
    """A connection that sends one request at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None

    @classmethod
    async def open(cls, origin: str) -> "Connection":
        """Connect to an origin such as ``http://localhost:8000``."""
        loop, port = asyncio.get_running_loop(), urlsplit(origin).port or 80
        _, connection = await loop.create_connection(cls, "127.0.0.1", port)
        return connection

    async def send(self, request: bytes, expected: int) -> Answer:
        """Send a request of ``request()`` and answer the answer, which must have this status."""
        if self._transport is None:
            raise ConnectionResetError("the server has closed the connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        answer = await self._answer
        if answer.status != expected:
            text = (answer.head + answer.body).decode("utf-8", "replace")
            raise Unexpected(f"expected {expected}:\n{text}")
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
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._received[: end + 2]
        length = int(_field(head, b"content-length") or 0)
        body = self._received[end + 4 :]
        if len(body) < length or self._answer is None:
            return
        self._received = b""
        # b"HTTP/1.1 200 OK"
        self._answer.set_result(Answer(int(head[9:12]), head, body))


def request(
    method: str, origin: str, target: bytes, fields: bytes = b"", body: bytes = b""
) -> bytes:
    """Write a request. ``fields`` are whole lines, each with its line break."""
    if body:
        fields += b"Content-Type: application/x-www-form-urlencoded\r\n"
        fields += b"Content-Length: %d\r\n" % len(body)
    host = urlsplit(origin).netloc
    return b"%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s" % (
        method.encode(),
        target,
        host.encode(),
        fields,
        body,
    )


def _field(head: bytes, name: bytes) -> bytes | None:
    start = head.find(b"\r\n%s: " % name)
    if start < 0:
        return None
    start += len(name) + 4
    return head[start : head.index(b"\r\n", start)]
