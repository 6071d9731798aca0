"""One try, at servers that answer as a test says."""

import asyncio

import httpx
import pytest

from snowflake.oidc.backchannel_logout import attempt as trying
from snowflake.oidc.backchannel_logout.attempt import MAX_ANSWER, SECONDS, Attempt, attempt
from snowflake.outbound.transport import transport_to_any
from tests.outbound.peers import Peer, answering, listening, request_head


async def tried(peer: Peer) -> Attempt:
    async with listening(peer) as origin, transport_to_any(1) as transport:
        return await attempt(transport, f"{origin}/logout", "a.b.c")


def with_status(status: str, more: bytes = b"") -> Peer:
    return answering(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n".encode() + more + b"\r\n", [])


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("200 OK", "delivered"),
        ("204 No Content", "delivered"),
        ("202 Accepted", "failed"),
        ("302 Found", "failed"),
        ("400 Bad Request", "refused"),
        ("401 Unauthorized", "failed"),
        ("404 Not Found", "failed"),
        ("503 Service Unavailable", "failed"),
    ],
)
async def test_the_status_says_whether_it_was_heard(status: str, outcome: str) -> None:
    answer = await tried(with_status(status))
    assert answer.outcome == outcome
    assert outcome == "delivered" or status[:3] in answer.reason


async def test_the_token_comes_as_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    await attempt(httpx.MockTransport(answer), "https://wiki.example.com/logout?a=1", "a.b.c")
    [request] = seen
    assert (request.method, str(request.url)) == ("POST", "https://wiki.example.com/logout?a=1")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.content == b"logout_token=a.b.c"


async def test_a_redirect_is_not_followed_even_to_itself() -> None:
    heads: list[str] = []
    peer = answering(
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /logout\r\nContent-Length: 0\r\n\r\n", heads
    )
    assert (await tried(peer)).outcome == "failed"
    assert len(heads) == 1


async def test_no_more_is_read_than_is_needed() -> None:
    length = 10_000_000

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_head(reader)
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())
        writer.write(b"x" * length)

    answer = await tried(peer)
    assert answer == Attempt("failed", f"its answer is longer than {MAX_ANSWER} bytes")


async def test_who_hangs_is_waited_for_no_longer_than_five_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert SECONDS == 5
    monkeypatch.setattr(trying, "SECONDS", 0.05)

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_head(reader)
        await reader.read()

    assert await tried(peer) == Attempt("failed", "it takes too long")


async def test_nobody_at_the_address_is_a_failure_with_its_reason() -> None:
    async with listening(with_status("200 OK")) as origin:
        gone = origin
    async with transport_to_any(1) as transport:
        answer = await attempt(transport, gone, "a.b.c")
    assert answer == Attempt("failed", "it refuses the connection")
