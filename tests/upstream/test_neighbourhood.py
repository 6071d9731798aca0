"""No provider elsewhere has us speak to this machine, or to what is on its link."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.errors import UpstreamDown, UpstreamMisconfigured
from snowflake.upstream.calls import Call, Calls
from snowflake.upstream.discovery import read_document
from snowflake.upstream.neighbourhood import near
from tests.resolving import lead_here
from tests.upstream.provider import DOCUMENT

ELSEWHERE = "https://id.example.com/"
LOOPBACK = [
    *("localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.8.9.10", "0.0", "0.1.2.3"),
    *("127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "[::1]", "[::]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
    *("[2002:7f00:1::]", "[::ffff:0.0.0.0]"),
]
LINK_LOCAL = [
    *("169.254.169.254", "[fe80::1]", "[fe80::1%eth0]", "[::ffff:169.254.169.254]"),
    *("2852039166", "0xa9fea9fe", "[64:ff9b::a9fe:a9fe]", "[febf::1]"),
]
FAR = [
    *("id.example.com", "10.0.0.1", "192.168.1.1", "172.17.0.2", "128.0.0.1", "8.8.8.8", "1.2"),
    *("[2001:db8::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[fec0::1]", "localhost.example.com"),
    *("", "127.0.0.1.example.com", "1e3", "[::ffff:8.8.8.8]"),
]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, "loopback") for host in LOOPBACK),
        *((host, "link-local") for host in LINK_LOCAL),
        *((host, None) for host in FAR),
    ],
)
def test_an_address_is_what_it_is_however_it_is_written(host: str, expected: str | None) -> None:
    assert near(host) == expected


@given(st.text(max_size=40))
def test_whatever_a_host_is_called_there_is_an_answer(host: str) -> None:
    assert near(host) in {None, "loopback", "link-local"}


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "[::1]:9000", "169.254.169.254"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "authorization_endpoint"])
def test_a_document_names_nothing_near(name: str, scheme: str, host: str) -> None:
    document = {**DOCUMENT, "issuer": ELSEWHERE, name: f"{scheme}://{host}/"}
    with pytest.raises(UpstreamMisconfigured, match=name):
        read_document(document, ELSEWHERE)


def test_a_provider_on_this_machine_is_not_on_its_link() -> None:
    issuer = "http://localhost:9000/"
    document = {**DOCUMENT, "issuer": issuer, "token_endpoint": "https://169.254.169.254/"}
    with pytest.raises(UpstreamMisconfigured, match="token_endpoint"):
        read_document(document, issuer)


class Listener:
    """A server that answers everything, and keeps what it was sent."""

    def __init__(self) -> None:
        self.heard = b""
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.heard += await reader.read(65_536)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        writer.close()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def port(listener: Listener) -> AsyncIterator[int]:
    server = await asyncio.start_server(listener, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture(autouse=True)
def _every_name_leads_here(monkeypatch: pytest.MonkeyPatch) -> None:
    lead_here(monkeypatch)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_name_that_leads_here_is_noticed_before_anything_is_said(
    listener: Listener, port: int, scheme: str
) -> None:
    secret = {"client_secret": "the secret"}
    async with Calls.open(ELSEWHERE) as calls:
        with pytest.raises(UpstreamMisconfigured, match="leads to a loopback address"):
            await calls.send(Call("token", f"{scheme}://evil.example.com:{port}/", secret))
    assert listener.heard == b""


async def test_where_the_issuer_itself_is_here_its_endpoints_may_be(
    listener: Listener, port: int
) -> None:
    async with Calls.open(ELSEWHERE) as calls:
        document = await calls.send(Call("discovery", f"http://id.example.com:{port}/"))
        tokens = await calls.send(Call("token", f"http://other.example.com:{port}/", {"a": "b"}))
    assert (document.status, tokens.status) == (200, 200)
    assert b"POST / HTTP/1.1" in listener.heard


@pytest.mark.parametrize("issuer", ["http://localhost:9/", "http://127.0.0.1:9/", "http://[::1]/"])
async def test_an_issuer_that_says_that_it_is_here_is(port: int, issuer: str) -> None:
    async with Calls.open(issuer) as calls:
        assert (await calls.send(Call("token", f"http://127.0.0.1:{port}/", {}))).status == 200


async def test_a_proxy_may_be_here(
    listener: Listener, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
    async with Calls.open(ELSEWHERE) as calls:
        assert (await calls.send(Call("token", "http://id.example.com/", {}))).status == 200
    assert b"POST http://id.example.com/ HTTP/1.1" in listener.heard


async def test_one_that_nobody_listens_for_is_down(listener: Listener) -> None:
    async with Calls.open(ELSEWHERE) as calls:
        with pytest.raises(UpstreamDown):
            await calls.send(Call("token", "http://id.example.com:1/", {}))
