"""Both ends of a connection: on real sockets, and without a network by a clock of ours."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from snowflake.web.connection import Connection

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Application:
    """Answers with the size of the body, or before it reads one; ``waits`` until it is let go."""

    def __init__(self, *, reads: bool = True) -> None:
        self.reads, self.go_on = reads, asyncio.Event()
        self.go_on.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.go_on.wait()
        body = await Request(scope, receive).body() if self.reads else b""
        await PlainTextResponse(f"read {len(body)}")(scope, receive, send)


def configuration(application: Application) -> uvicorn.Config:
    config = uvicorn.Config(
        cast(Any, application), interface="asgi3", http=Connection, log_config=None, lifespan="off"
    )
    config.load()
    return config


@asynccontextmanager
async def connected(
    application: Application,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a server over a real socket."""
    config, state = configuration(application), ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(config, state, {}), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


async def everything(reader: asyncio.StreamReader) -> bytes:
    """Read until the server hangs up, in whatever way."""
    received = b""
    try:
        while piece := await reader.read(65_536):
            received += piece
    except ConnectionError:
        pass
    return received


async def pour(writer: asyncio.StreamWriter, piece: bytes) -> None:
    """Send the same again and again, until the server hangs up."""
    try:
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
    except ConnectionError:
        pass


@dataclass
class Timer:
    due: float
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Loop:
    """A loop whose time passes when a test says so."""

    now: float = 0.0
    timers: list[Timer] = field(default_factory=list)

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + delay, callback))
        return self.timers[-1]

    def call_soon(self, callback: Callable[[], None]) -> asyncio.Handle:
        return asyncio.get_running_loop().call_soon(callback)

    # As many types as there are coroutines.
    def create_task(self, coroutine: Any) -> asyncio.Task[Any]:
        return asyncio.get_running_loop().create_task(coroutine)

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        for timer in self.timers:
            if timer.due <= self.now and not timer.cancelled:
                timer.cancelled = True
                timer.callback()


class Transport(asyncio.Transport):
    """A connection to nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    @property
    def written(self) -> bytes:
        return b"".join(self.sent)

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ARG002
        return default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


@dataclass
class Client:
    """A client of a protocol without a network."""

    application: Application
    loop: Loop = field(default_factory=Loop)
    transport: Transport = field(default_factory=Transport)

    def __post_init__(self) -> None:
        config = configuration(self.application)
        self.protocol = Connection(config, ServerState(), {}, _loop=cast(Any, self.loop))
        self.protocol.connection_made(self.transport)

    async def sends(self, data: bytes) -> None:
        """Send something, and let the application do what it can."""
        self.protocol.data_received(data)
        await self.rests()

    async def rests(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)
