"""What becomes of a request, on the wire: an answer, or the failure that says what happened."""

import asyncio
import gzip

import httpx
import pytest

from snowflake import __version__
from snowflake.outbound.failures import (
    Dropped,
    NeverArrived,
    NoAnswer,
    TooLarge,
    TooSlow,
    Truncated,
    Undecodable,
)
from snowflake.outbound.sending import send
from tests.outbound.conftest import Open
from tests.outbound.peers import (
    GOOD,
    Peer,
    answering,
    closed_port,
    get,
    listening,
    request_head,
    silence,
)

#: It has a whole piece, and half of another.
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: Content-Length: 99\r\n\r\n"
    b"2\r\n{}\r\n5\r\nab"
)


async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin an answer."""
    await request_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
    await reader.read()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer without end, so slowly that no single step takes too long."""
    await request_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(0.01)
        await writer.drain()


async def test_a_request_says_whose_it_is_and_asks_for_plain_answers(opened: Open) -> None:
    heads: list[str] = []
    async with listening(answering(GOOD, heads)) as origin, opened(origin) as transport:
        await get(transport, f"{origin}/")
    lines = heads[0].lower().split("\r\n")
    assert f"user-agent: snowflake/{__version__}" in lines
    assert "accept-encoding: identity" in lines


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_redirect_is_followed(opened: Open, method: str, status: int) -> None:
    heads: list[str] = []
    moved = f"HTTP/1.1 {status} Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    async with listening(answering(moved.encode(), heads)) as origin, opened(origin) as transport:
        answer = await get(transport, f"{origin}/", method)
    assert answer.is_redirect
    assert answer.status_code == status
    assert len(heads) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", Dropped),
        (b"SSH-2.0-OpenSSH\r\n\r\n", Dropped),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", Truncated),
        (CHUNKED, Truncated),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n"
            + gzip.compress(b"{}", mtime=0)[:10],
            Truncated,
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
            Undecodable,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n" + b"x" * 65_537, TooLarge),
    ],
    ids=["dropped", "no http", "cut", "cut between", "cut gzip", "no gzip", "too large"],
)
async def test_what_may_have_arrived_is_sent_once_and_told_as_what_it_is(
    opened: Open, method: str, answer: bytes, failure: type[NoAnswer]
) -> None:
    heads: list[str] = []
    async with listening(answering(answer, heads)) as origin, opened(origin) as transport:
        with pytest.raises(failure) as raised:
            await get(transport, f"{origin}/?secret", method, packed=True)
    assert not isinstance(raised.value, NeverArrived)
    assert "secret" not in str(raised.value)
    assert len(heads) == 1


async def test_what_is_too_large_costs_the_connection_and_not_the_pool(opened: Open) -> None:
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n" + b"x" * 65_537
    async with listening(answering(large, [])) as origin, opened(origin) as transport:
        for _ in range(3):
            with pytest.raises(TooLarge, match="65536 bytes"):
                await get(transport, f"{origin}/")


async def test_a_packing_that_was_not_asked_for_is_left_as_it_is(opened: Open) -> None:
    body = gzip.compress(b"{}", mtime=0)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    peer = answering(head.encode() + body, [])
    async with listening(peer) as origin, opened(origin) as transport:
        assert (await get(transport, f"{origin}/")).content == body


@pytest.mark.parametrize("peer", [silence, drip])
async def test_an_answer_has_to_be_whole_in_time(opened: Open, peer: Peer) -> None:
    async with listening(peer) as origin, opened(origin) as transport:
        with pytest.raises(TooSlow):
            await get(transport, f"{origin}/", seconds=0.1)


@pytest.mark.parametrize("peer", [silence, stall])
async def test_a_step_may_have_less_time_than_the_whole(opened: Open, peer: Peer) -> None:
    steps = {"timeout": httpx.Timeout(5, read=0.01).as_dict()}
    async with listening(peer) as origin, opened(origin) as transport:
        request = httpx.Request("GET", origin, extensions=steps)
        with pytest.raises(TooSlow):
            await send(transport, request, seconds=60.0, size=1)


async def test_a_kept_connection_that_drops_is_told_as_it_is(opened: Open) -> None:
    heads: list[str] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await request_head(reader))
        writer.write(GOOD)
        heads.append(await request_head(reader))

    async with listening(peer) as origin, opened(origin) as transport:
        await get(transport, f"{origin}/")
        with pytest.raises(Dropped):
            await get(transport, f"{origin}/")
    assert len(heads) == 2


@pytest.mark.parametrize("url", ["ftp://discord.example/", "http://discord.example:99999/"])
async def test_a_url_that_leads_nowhere_has_never_arrived(opened: Open, url: str) -> None:
    async with opened("http://discord.example/") as transport:
        with pytest.raises(NeverArrived):
            await get(transport, url)


async def test_a_header_that_cannot_be_sent_is_told_without_its_value(opened: Open) -> None:
    request = httpx.Request("GET", "http://discord.example/", headers={"Authorization": "se\ncret"})
    async with opened("http://discord.example/") as transport:
        with pytest.raises(NoAnswer) as failed:
            await send(transport, request, seconds=5, size=100)
    assert "cret" not in str(failed.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (closed_port(), "it refuses the connection"),
        ("http://a..example.com/", "its host name is not known here"),
        (f"http://{'a' * 64}.example.com/", "its host name is not known here"),
    ],
    ids=["a closed port", "an empty label", "a label that is too long"],
)
async def test_what_nobody_has_seen_is_told_from_all_else(
    opened: Open, url: str, reason: str
) -> None:
    async with opened(url) as transport:
        with pytest.raises(NeverArrived) as raised:
            await get(transport, f"{url}?secret")
    assert str(raised.value) == reason
