"""By which proxy others are reached."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from snowflake.configuration import load_settings
from snowflake.errors import StartFault
from snowflake.outbound.connections import proxy_for
from tests.forward_proxy import PASSWORD, USER, forward_proxy
from tests.outbound.connections.asking import Ask
from tests.serving import free_port, listens, program, running
from tests.tls import server_context, serving_tls


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Answer the address of a proxy that wants a password, and its log."""
    with forward_proxy(tmp_path) as running_proxy:
        yield running_proxy


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.usefixtures("trusted")
async def test_a_proxy_of_the_environment_leads_there(
    ask: Ask, proxy: tuple[str, Path], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, log = proxy
    monkeypatch.setenv(variable, f"http://{USER}:{PASSWORD}@{at}")
    load_settings()
    async with serving_tls(server_context()) as (address, server):
        assert await ask(f"https://{address}/") is None
    assert server.requests == 1
    assert f"CONNECT {address}" in log.read_text()


@pytest.mark.parametrize(
    "exception",
    [
        *("localhost", "*", "example.com,localhost"),
        # IPv6 is written in many ways.
        "localhost,::1,[::1],fd00::/8,[fd00::1]:443",
    ],
)
@pytest.mark.usefixtures("trusted")
async def test_a_host_that_is_excepted_is_reached_without_it(
    ask: Ask, exception: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody listens there.
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    async with serving_tls(server_context()) as (address, server):
        assert await ask(f"https://{address}/") == "it refuses the connection"
        monkeypatch.setenv("NO_PROXY", exception)
        assert await ask(f"https://{address}/") is None
    assert server.requests == 1


@pytest.mark.usefixtures("trusted")
async def test_a_host_may_be_excepted_at_one_port(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    async with serving_tls(server_context()) as (address, _):
        monkeypatch.setenv("NO_PROXY", address)
        assert await ask(f"https://{address}/") is None
        monkeypatch.setenv("NO_PROXY", "localhost:1")
        assert await ask(f"https://{address}/") == "it refuses the connection"


@pytest.mark.parametrize(
    ("exception", "url"),
    [
        ("::1", "https://[::1]/"),
        ("[::1]", "https://[::1]:8443/"),
        ("[::1]:8443", "https://[::1]:8443/"),
        ("provider.example:8443", "https://user@provider.example:8443/"),
    ],
)
def test_an_exception_may_be_written_as_in_a_url(
    exception: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    assert proxy_for(url) is not None
    monkeypatch.setenv("NO_PROXY", exception)
    assert proxy_for(url) is None


@pytest.mark.usefixtures("trusted")
async def test_a_proxy_that_wants_another_password_is_none(
    ask: Ask, proxy: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}:wrong@{proxy[0]}")
    async with serving_tls(server_context()) as (address, server):
        assert await ask(f"https://{address}/") == "ProxyError"
    assert server.requests == 0


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.usefixtures("trusted")
async def test_a_socks_proxy_leads_there(
    ask: Ask, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, output = free_port(), tmp_path / "microsocks.out"
    with running([program("microsocks"), "-i", "127.0.0.1", "-p", str(port)], output) as socks:
        socks.wait_until(lambda: listens(port))
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{port}")
        load_settings()
        async with serving_tls(server_context()) as (address, server):
            assert await ask(f"https://{address}/") is None
        assert server.requests == 1
        assert f"connected to {address}" in socks.log


@pytest.mark.parametrize(
    "proxy",
    [
        "socks4://127.0.0.1:1080",
        "ftp://proxy.example.com",
        "http://:3128",
        "http://proxy.example.com:port",
        "http://[::1",
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_used_stops_the_start(
    variable: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(StartFault) as raised:
        load_settings()
    [line] = raised.value.faults
    assert line.startswith(f"{variable}: is no proxy that can be used")
    assert proxy not in line
