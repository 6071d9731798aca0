"""What may come over a connection before it is a request."""

import asyncio

import pytest

from snowflake.web import connection
from snowflake.web.connection import MAX_HEAD, PATIENCE
from tests.web.wire import GET, HEAD, Application, Client, connected, everything, pour

#: Seconds that stand for ``PATIENCE`` where the clock is a real one.
SHORT = 0.05


async def test_a_connection_on_which_nothing_comes_is_closed_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "PATIENCE", SHORT)
    async with connected(Application()) as (reader, _):
        assert await everything(reader) == b""


@pytest.mark.parametrize("begun", [b"G", b"GET / HTTP/1.1\r\nHost", HEAD])
async def test_headers_that_do_not_end_in_time_are_told_so(begun: bytes) -> None:
    client = Client(Application())
    await client.sends(begun)
    client.loop.pass_by(PATIENCE)
    assert client.transport.closed
    assert client.transport.written.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in client.transport.written


async def test_to_send_them_drop_by_drop_gains_no_time() -> None:
    client = Client(Application())
    await client.sends(HEAD + b"X: ")
    for _ in range(int(PATIENCE)):
        assert not client.transport.closed
        await client.sends(b"x")
        client.loop.pass_by(1)
    assert client.transport.written.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_HEAD,
        b"GET /" + b"x" * MAX_HEAD,
        b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * (MAX_HEAD // 5),
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * MAX_HEAD + b"\r\n\r\n",
        b"GET /" + b"x" * MAX_HEAD + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=["a header", "a path", "many headers", "a whole header", "a whole path"],
)
async def test_headers_that_are_too_long_are_refused(head: bytes) -> None:
    async with connected(Application()) as (reader, writer):
        writer.write(head)
        answer = await everything(reader)
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_as_long_as_they_may_be_they_are_read() -> None:
    async with connected(Application()) as (reader, writer):
        writer.write(HEAD + b"Connection: close\r\nX: " + b"x" * (MAX_HEAD - 200) + b"\r\n\r\n")
        assert (await everything(reader)).endswith(b"read 0")


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"X: ",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: ",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;x=",
    ],
    ids=["a header", "a trailer", "an extension of a chunk"],
)
async def test_what_never_ends_is_cut_off(sent: bytes) -> None:
    async with connected(Application()) as (reader, writer):
        writer.write(sent)
        pouring = asyncio.create_task(pour(writer, b"x" * 65_536))
        await everything(reader)
        writer.close()
        await pouring


async def test_many_trailers_count_as_headers_do() -> None:
    async with connected(Application()) as (reader, writer):
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n")
        pouring = asyncio.create_task(pour(writer, b"X: x\r\n" * 1_000))
        await everything(reader)
        writer.close()
        await pouring


async def test_a_body_may_be_longer_than_headers() -> None:
    size = 3 * MAX_HEAD
    async with connected(Application()) as (reader, writer):
        writer.write(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % size)
        writer.write(b"x" * size)
        assert (await everything(reader)).endswith(b"read %d" % size)


async def test_several_requests_each_have_headers_of_their_own() -> None:
    long = b"X: " + b"x" * (MAX_HEAD - 300) + b"\r\n\r\n"
    async with connected(Application()) as (reader, writer):
        writer.write((HEAD + long) * 2 + HEAD + b"Connection: close\r\n\r\n")
        assert (await everything(reader)).count(b"read 0") == 3


async def test_the_next_request_has_to_come_in_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected(Application()) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"read 0")
        monkeypatch.setattr(connection, "PATIENCE", SHORT)
        writer.write(b"GET / HT")
        assert (await everything(reader)).startswith(b"HTTP/1.1 408 ")


async def test_the_rest_of_what_is_answered_already_has_to_come_in_time() -> None:
    client = Client(Application(reads=False))
    await client.sends(HEAD + b"Content-Length: 1000000000\r\n\r\n")
    answer = client.transport.written
    assert answer.endswith(b"read 0")
    for _ in range(int(PATIENCE)):
        assert not client.transport.closed
        await client.sends(b"x")
        client.loop.pass_by(1)
    assert client.transport.closed
    assert client.transport.written == answer


async def test_an_answer_may_take_longer_than_headers_may() -> None:
    client = Client(Application())
    client.application.go_on.clear()
    await client.sends(GET)
    client.loop.pass_by(10 * PATIENCE)
    assert not client.transport.closed
    client.application.go_on.set()
    await client.rests()
    assert client.transport.written.endswith(b"read 0")


async def test_a_body_that_is_waited_for_is_the_applications_matter() -> None:
    client = Client(Application())
    await client.sends(HEAD + b"Content-Length: 2\r\n\r\nx")
    client.loop.pass_by(10 * PATIENCE)
    assert not client.transport.closed
    await client.sends(b"x")
    assert client.transport.written.endswith(b"read 2")


async def test_a_connection_that_has_served_is_kept_as_long_as_uvicorn_keeps_it() -> None:
    client = Client(Application())
    await client.sends(GET)
    [kept] = [timer for timer in client.loop.timers if not timer.cancelled]
    assert kept.due == client.protocol.timeout_keep_alive


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (GET, b"\r\n"),
        (GET.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"), b"PRI *"),
    ],
    ids=["a blank line", "another protocol"],
)
async def test_what_begins_no_request_keeps_no_connection(asked: bytes, sent: bytes) -> None:
    client = Client(Application())
    await client.sends(asked)
    assert client.transport.written.startswith(b"HTTP/1.1 200 ")
    await client.sends(sent)
    client.loop.pass_by(PATIENCE)
    assert client.transport.closed


async def test_a_request_may_follow_a_blank_line() -> None:
    client = Client(Application())
    await client.sends(GET)
    await client.sends(b"\r\n")
    await client.sends(GET)
    assert client.transport.written.count(b"HTTP/1.1 200 ") == 2
    [kept] = [timer for timer in client.loop.timers if not timer.cancelled]
    assert kept.due == client.protocol.timeout_keep_alive


async def test_a_request_that_began_before_the_answer_ended_has_its_time_from_then_on() -> None:
    client = Client(Application())
    client.application.go_on.clear()
    await client.sends(GET + b"GET / HT")
    client.loop.pass_by(5 * PATIENCE)
    client.application.go_on.set()
    await client.rests()
    client.loop.pass_by(PATIENCE - 1)
    assert not client.transport.closed
    client.loop.pass_by(1)
    assert client.transport.closed
    assert b"HTTP/1.1 408 " in client.transport.written


async def test_nothing_is_written_into_the_answer_to_another_request() -> None:
    client = Client(Application())
    client.application.go_on.clear()
    await client.sends(GET + b"GET /" + b"x" * MAX_HEAD + b"x")
    assert client.transport.closed
    assert client.transport.written == b""


async def test_what_is_no_http_is_told_so() -> None:
    client = Client(Application())
    await client.sends(b"SSH-2.0-OpenSSH\r\n\r\n")
    assert client.transport.written.startswith(b"HTTP/1.1 400 ")


async def test_a_client_that_has_gone_is_waited_for_no_more() -> None:
    client = Client(Application())
    client.protocol.connection_lost(None)
    client.loop.pass_by(PATIENCE)
    assert all(timer.cancelled for timer in client.loop.timers)
    assert client.transport.written == b""


async def test_a_connection_that_is_closing_is_left_alone() -> None:
    client = Client(Application())
    await client.sends(b"GET")
    client.transport.close()
    client.loop.pass_by(PATIENCE)
    assert client.transport.written == b""
