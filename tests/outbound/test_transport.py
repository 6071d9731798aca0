"""The pools of connections, to one server and to any."""

import asyncio

import httpx
import pytest

from snowflake.outbound.failures import NeverArrived
from snowflake.outbound.sending import send
from tests.outbound.conftest import Open
from tests.outbound.peers import GOOD, answering, closed_port, get, listening, request_head


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
