"""What really happens on the wire, for there nothing is left to respx."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from snowflake.discord.transport import NEVER_ARRIVED, open_transport

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


async def get(
    transport: httpx.AsyncBaseTransport, url: str, method: str = "GET", read: float = 5
) -> httpx.Response:
    timeouts = {"timeout": httpx.Timeout(5, read=read).as_dict()}
    response = await transport.handle_async_request(httpx.Request(method, url, extensions=timeouts))
    try:
        await response.aread()
    finally:
        await response.aclose()
    return response


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def test_connections_are_kept_and_cookies_are_not() -> None:
    heads: list[str] = []
    good = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\n{}"
    connections = 0

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await answering(good, heads)(reader, writer)

    async with listening(peer) as origin, open_transport(origin) as transport:
        for _ in range(3):
            assert (await get(transport, f"{origin}/")).content == b"{}"
    assert connections == 1
    assert len(heads) == 3
    assert not any("cookie" in head.lower() for head in heads)


async def test_no_redirect_is_followed() -> None:
    heads: list[str] = []
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    async with listening(answering(moved, heads)) as origin, open_transport(origin) as transport:
        assert (await get(transport, f"{origin}/")).status_code == 302
    assert len(heads) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=["dropped", "truncated", "no http", "damaged gzip"],
)
async def test_what_was_dropped_may_have_arrived_and_is_sent_once(
    method: str, answer: bytes
) -> None:
    heads: list[str] = []
    async with listening(answering(answer, heads)) as origin, open_transport(origin) as transport:
        with pytest.raises(httpx.HTTPError) as dropped:
            await get(transport, f"{origin}/", method)
    assert not isinstance(dropped.value, NEVER_ARRIVED)
    assert len(heads) == 1


async def test_a_kept_connection_that_drops_is_told_as_it_is() -> None:
    heads: list[str] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await request_head(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        heads.append(await request_head(reader))

    async with listening(peer) as origin, open_transport(origin) as transport:
        await get(transport, f"{origin}/")
        with pytest.raises(httpx.ReadError):
            await get(transport, f"{origin}/")
    assert len(heads) == 2


async def test_an_answer_that_does_not_come_is_a_read_timeout() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(peer) as origin, open_transport(origin) as transport:
        with pytest.raises(httpx.ReadTimeout):
            await get(transport, f"{origin}/", read=0.01)


async def test_a_connection_that_is_refused_never_arrived() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{closed.getsockname()[1]}"
        async with open_transport(origin) as transport:
            with pytest.raises(NEVER_ARRIVED):
                await get(transport, f"{origin}/")


async def test_without_a_place_in_the_pool_nothing_has_arrived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("snowflake.discord.transport.MAX_CONNECTIONS", 1)
    entered = asyncio.Event()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_head(reader)
        entered.set()
        await reader.read()

    async with listening(peer) as origin, open_transport(origin) as transport:
        slow = {"timeout": httpx.Timeout(5).as_dict()}
        first = asyncio.ensure_future(
            transport.handle_async_request(httpx.Request("GET", origin, extensions=slow))
        )
        await entered.wait()
        hurry = {"timeout": httpx.Timeout(5, pool=0.01).as_dict()}
        with pytest.raises(NEVER_ARRIVED):
            await transport.handle_async_request(httpx.Request("GET", origin, extensions=hurry))
        first.cancel()


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["http://", ""])
async def test_a_proxy_of_the_environment_is_used(
    name: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[str] = []
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    async with listening(answering(good, heads)) as proxy:
        monkeypatch.setenv(name, proxy.replace("http://", scheme))
        async with open_transport("http://discord.example/api") as transport:
            await get(transport, "http://discord.example/api/x")
    assert heads[0].startswith("GET http://discord.example/api/x ")


async def test_a_proxy_that_is_gone_is_one_of_the_failures_before_arriving(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed.getsockname()[1]}")
        async with open_transport("http://discord.example") as transport:
            with pytest.raises(NEVER_ARRIVED):
                await get(transport, "http://discord.example/")


async def test_a_host_without_proxy_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    async with listening(answering(good, [])) as origin, open_transport(origin) as transport:
        assert (await get(transport, f"{origin}/")).status_code == 200
