"""What is sent together, and what waits for nothing."""

import asyncio

from starlette.types import Receive, Scope, Send

from tests.web.wire import GET, HEAD, Application, Client, connected


async def test_an_answer_is_sent_as_a_whole() -> None:
    client = Client(Application())
    await client.sends(GET)
    [answer] = client.transport.sent
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nread 0")


async def test_answers_to_requests_that_came_at_once_are_each_sent_when_they_are_done() -> None:
    client = Client(Application())
    await client.sends(GET + GET)
    assert [answer[:12] for answer in client.transport.sent] == [b"HTTP/1.1 200"] * 2


async def test_whoever_waits_for_leave_to_send_a_body_gets_it() -> None:
    async with connected(Application()) as (reader, writer):
        writer.write(HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc")
        assert (await reader.readuntil(b"read 3")).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_nothing_is_sent_to_a_client_that_has_gone() -> None:
    client = Client(Application())
    protocol, transport = client.protocol, client.transport
    protocol.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    transport.close()
    await client.rests()
    assert transport.sent == []


class Longest(Application):
    """Answers with a megabyte, a hundred times over."""

    def __init__(self) -> None:
        super().__init__()
        self.sent, self.begun = 0, asyncio.Event()

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        for _ in range(100):
            await send({"type": "http.response.body", "body": bytes(1_000_000), "more_body": True})
            self.sent += 1
            self.begun.set()


async def test_no_more_is_written_than_a_client_takes() -> None:
    application = Longest()
    async with connected(application) as (reader, writer):
        writer.write(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        await application.begun.wait()
        assert application.sent < 100
