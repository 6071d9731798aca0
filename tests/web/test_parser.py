"""Requests that offer another protocol: they are answered as if they did not."""

import asyncio

import pytest

from tests.web.wire import Application, connected, everything

OFFERS = {
    # Java's HTTP client sends this with each request over plain HTTP.
    "HTTP/2": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n",
    "a WebSocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\n",
}
BODIES = {
    "by its length": b"Content-Length: 5\r\n\r\nhello",
    "in chunks": b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "none": b"\r\n",
}
LAST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("at_once", [True, False])
async def test_the_body_of_a_request_with_an_offer_is_its_own(
    offer: str, body: str, times: int, at_once: bool
) -> None:
    size = 0 if body == "none" else 5
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\n" + OFFERS[offer] + BODIES[body]
    async with connected(Application()) as (reader, writer):
        sent = request * times + LAST
        for piece in [sent] if at_once else [sent[at : at + 1] for at in range(len(sent))]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        answers = (await everything(reader)).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200"] * (times + 1)
    assert [int(answer[-1:]) for answer in answers] == [size] * times + [0]


async def test_there_is_no_tunnel() -> None:
    async with connected(Application()) as (reader, writer):
        writer.write(b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        writer.write_eof()
        answer = await asyncio.wait_for(everything(reader), 5)
    assert not answer.startswith(b"HTTP/1.1 200")
