"""The pools of connections, to one server and to any."""

import asyncio
import base64
from urllib.parse import unquote

import httpx
import pytest

from snowflake.outbound.failures import NeverArrived
from snowflake.outbound.reading import read_whole
from snowflake.outbound.sending import send
from snowflake.outbound.transport import transport_to
from tests.outbound.conftest import Open
from tests.outbound.peers import GOOD, answering, closed_port, get, listening, request_head

#: What some servers say before they hang up on somebody who asks nothing.
IMPATIENT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"


def _echo(head: str) -> bytes:
    """Answer the path of a request."""
    path = head.split()[1].encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path)


async def test_connections_are_kept_and_cookies_are_not(opened: Open) -> None:
    heads: list[str] = []
    connections = 0

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await answering(GOOD, heads)(reader, writer)

    async with listening(peer) as origin, opened(origin) as transport:
        for _ in range(3):
            assert (await get(transport, f"{origin}/")).content == b"{}"
    assert connections == 1
    assert len(heads) == 3
    assert not any("cookie" in head.lower() for head in heads)


async def test_the_first_requests_share_a_pool_also_where_they_come_at_once(opened: Open) -> None:
    connections = 0

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await answering(GOOD, [])(reader, writer)

    async with listening(peer) as origin, opened(origin) as transport:
        answers = await asyncio.gather(*(get(transport, origin) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert connections == 1


@pytest.mark.parametrize("unasked", [IMPATIENT, GOOD], ids=["a refusal", "an answer too many"])
async def test_a_connection_on_which_something_comes_unasked_is_not_used_again(
    opened: Open, unasked: bytes
) -> None:
    came = asyncio.Event()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_echo(await request_head(reader)))
        await answered.wait()
        writer.write(unasked)
        await writer.drain()
        came.set()
        await reader.read()

    async with listening(peer) as origin, opened(origin) as transport:
        for path in ("/one", "/another", "/third"):
            answered = asyncio.Event()
            answer = await get(transport, f"{origin}{path}", "POST")
            assert answer.content == path.encode()
            came.clear()
            answered.set()
            await came.wait()


async def test_what_comes_with_the_end_of_an_answer_is_no_answer_to_others() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        echo = _echo(await request_head(reader))
        writer.write(echo[:-1])
        await begun.wait()
        writer.write(echo[-1:] + GOOD)
        await reader.read()

    async with listening(peer) as origin, transport_to(origin, 1) as transport:
        for path in ("/one", "/another", "/third"):
            begun = asyncio.Event()
            steps = {"timeout": httpx.Timeout(5).as_dict()}
            request = httpx.Request("POST", f"{origin}{path}", extensions=steps)
            response = await transport.handle_async_request(request)
            begun.set()
            assert (await read_whole(request, response, 100)).content == path.encode()


async def test_nothing_is_lost_on_a_connection_that_has_ended(opened: Open) -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # It hangs up without a word, before its answer has been read.
        writer.write(_echo(await request_head(reader)))

    async with listening(peer) as origin, opened(origin) as transport:
        for path in ("/one", "/another", "/third"):
            assert (await get(transport, f"{origin}{path}", "POST")).content == path.encode()


async def test_a_pool_that_nobody_used_can_be_closed(opened: Open) -> None:
    async with opened("http://discord.example"):
        pass


async def test_without_a_place_in_the_pool_nothing_has_arrived(opened: Open) -> None:
    entered = asyncio.Event()

    async def peer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await request_head(reader)
        entered.set()
        await reader.read()

    async with listening(peer) as origin, opened(origin) as transport:
        first = asyncio.ensure_future(get(transport, origin))
        await entered.wait()
        hurry = {"timeout": httpx.Timeout(5, pool=0.01).as_dict()}
        request = httpx.Request("GET", origin, extensions=hurry)
        with pytest.raises(NeverArrived):
            await send(transport, request, seconds=5.0, size=1)
        first.cancel()
        await asyncio.wait([first])


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["http://", ""])
async def test_a_proxy_of_the_environment_is_used(
    opened: Open, name: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[str] = []
    async with listening(answering(GOOD, heads)) as proxy:
        monkeypatch.setenv(name, proxy.replace("http://", scheme))
        async with opened("http://discord.example/api") as transport:
            await get(transport, "http://discord.example/api/x")
    assert heads[0].startswith("GET http://discord.example/api/x ")


@pytest.mark.parametrize("user", ["snowflake", "snow%40flake", "snow%3Aflake"])
async def test_a_proxy_is_told_who_asks_for_a_server_without_tls_too(
    opened: Open, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[str] = []
    async with listening(answering(GOOD, heads)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.replace("//", f"//{user}:p%C3%A4ss@"))
        async with opened("http://discord.example/") as transport:
            for _ in range(2):
                await get(transport, "http://discord.example/")
    told = base64.b64encode(f"{unquote(user)}:päss".encode()).decode()
    assert [head.count(f"\r\nProxy-Authorization: Basic {told}\r\n") for head in heads] == [1, 1]


async def test_a_proxy_that_is_gone_is_one_of_the_failures_before_arriving(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", closed_port())
    async with opened("http://discord.example") as transport:
        with pytest.raises(NeverArrived):
            await get(transport, "http://discord.example/")


async def test_a_host_without_proxy_is_reached_directly(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with listening(answering(GOOD, [])) as origin, opened(origin) as transport:
        assert (await get(transport, f"{origin}/")).status_code == 200
