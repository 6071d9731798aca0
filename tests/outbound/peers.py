"""Servers that treat a connection as a test says, down to the last byte."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

from snowflake.outbound.answer import Answer
from snowflake.outbound.sending import send

GOOD = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\n{}"
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(peer: Peer) -> AsyncIterator[str]:
    """Answer the origin of a server that treats every connection as it likes."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await peer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def request_head(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\r\n\r\n")).decode()


def answering(answer: bytes, heads: list[str]) -> Peer:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                heads.append(await request_head(reader))
            except asyncio.IncompleteReadError:
                return
            if not answer:
                return
            writer.write(answer)
            if b"Content-Length: 99" in answer:
                return

    return peer


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1024):
        pass
    writer.close()


def closed_port() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


async def get(
    transport: httpx.AsyncBaseTransport,
    url: str,
    method: str = "GET",
    *,
    seconds: float = 5.0,
    size: int = 65_536,
    packed: bool = False,
) -> Answer:
    headers = {"Accept-Encoding": "gzip"} if packed else {}
    request = httpx.Request(method, url, headers=headers)
    return await send(transport, request, seconds=seconds, size=size)
