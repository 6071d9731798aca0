"""Certificates and proxies, for both who speak to others: to Discord, and to the provider."""

import shutil
import socket
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import certifi
import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import Response
from structlog.testing import capture_logs

from snowflake.configuration import load_settings
from snowflake.discord import sending
from snowflake.discord.client import DiscordClient
from snowflake.discord.transport import open_transport
from snowflake.doctor.connections import Connections
from snowflake.doctor.discord import discord
from snowflake.doctor.issuer import issuer
from snowflake.errors import StartFault, TemporarilyUnavailable, UpstreamDown
from snowflake.network import KEEP_ALIVE
from snowflake.sandbox.serving import serving
from snowflake.settings import REPOSITORY, Settings
from snowflake.unreached import reason_of
from snowflake.upstream.calls import Call, Calls
from tests.serving import free_port, program, running
from tests.tls import Kind, authority, server_context, serving_tls

#: Sends a request to each address, one after the other, and answers why it could not, or None.
Ask = Callable[..., Awaitable[str | None]]
VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


async def _by_discord(*urls: str, between: Callable[[], None] = lambda: None) -> str | None:
    async with open_transport(urls[0]) as transport:
        for url in urls:
            request = httpx.Request("GET", url, extensions={"timeout": httpx.Timeout(5).as_dict()})
            try:
                response = await transport.handle_async_request(request)
            except httpx.HTTPError as error:
                return reason_of(error)
            await response.aread()
            await response.aclose()
            between()
    return None


async def _by_upstream(*urls: str, between: Callable[[], None] = lambda: None) -> str | None:
    async with Calls.open() as calls:
        for url in urls:
            try:
                await calls.send(Call("discovery", url))
            except UpstreamDown as error:
                return error.cause.removeprefix("discovery: no answer (").removesuffix(")")
            between()
    return None


@pytest.fixture(params=[_by_discord, _by_upstream], ids=["Discord", "upstream"])
def ask(request: pytest.FixtureRequest) -> Ask:
    asking: Ask = request.param
    return asking


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A file with the certificate of the tests' own authority."""
    path = tmp_path / "private.pem"
    authority().cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def trusted(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))


async def test_an_authority_of_ones_own_is_not_trusted_by_itself(ask: Ask) -> None:
    async with serving_tls(server_context()) as (address, server):
        told = await ask(f"https://{address}/")
    assert told == "its certificate is signed by an authority that is not trusted here"
    assert server.requests == 0


@pytest.mark.usefixtures("trusted")
async def test_it_is_trusted_where_a_file_names_it(ask: Ask) -> None:
    async with serving_tls(server_context()) as (address, server):
        assert await ask(f"https://{address}/") is None
    assert server.requests == 1


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a file"])
async def test_it_is_trusted_where_a_directory_holds_it(
    ask: Ask, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, beside: bool
) -> None:
    directory = tmp_path / "certificates"
    directory.mkdir()
    shutil.copy(bundle, directory)
    subprocess.run([program("openssl"), "rehash", str(directory)], check=True)  # noqa: S603, ASYNC221
    monkeypatch.setenv("SSL_CERT_DIR", str(directory))
    if beside:
        monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    load_settings()
    async with serving_tls(server_context()) as (address, _):
        assert await ask(f"https://{address}/") is None


FAULTS: dict[Kind, str] = {
    "expired": "its certificate has expired",
    "not valid yet": "its certificate is not valid yet",
    "self-signed": "its certificate is self-signed",
    "of another name": "its certificate is for another host name",
    "of a stranger": "its certificate is signed by an authority that is not trusted here",
}


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.usefixtures("trusted")
async def test_what_is_wrong_with_a_certificate_is_told(ask: Ask, kind: Kind) -> None:
    async with serving_tls(server_context(kind)) as (address, server):
        assert await ask(f"https://{address}/") == FAULTS[kind]
    assert server.requests == 0


@pytest.mark.usefixtures("trusted")
async def test_a_certificate_for_a_name_is_none_for_an_address(ask: Ask) -> None:
    async with serving_tls(server_context("of another name")) as (address, _):
        told = await ask(f"https://{address}/".replace("localhost", "127.0.0.1"))
    assert told == "its certificate is for another address"


async def test_a_port_without_tls_is_told(ask: Ask) -> None:
    with serving(Response()) as origin:
        told = await ask(origin.replace("http://", "https://"))
    assert told == "it speaks no TLS at this port"


@pytest.mark.usefixtures("trusted")
async def test_the_log_and_the_error_say_why_discord_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "PAUSE", 0.0)
    async with serving_tls(server_context("expired")) as (address, _):
        url = f"https://{address}/api/v10"
        with capture_logs() as logs, pytest.raises(TemporarilyUnavailable) as raised:
            async with DiscordClient.open(url, REPOSITORY) as client:
                await client.user(SecretStr("a-token"))
    assert raised.value.cause == FAULTS["expired"]
    assert logs[0]["error"] == FAULTS["expired"]


@pytest.mark.parametrize(
    ("kind", "cure"),
    [
        ("good", ""),
        ("self-signed", "SSL_CERT_FILE"),
        ("of a stranger", "SSL_CERT_FILE"),
        ("expired", "HTTPS_PROXY"),
    ],
)
@pytest.mark.usefixtures("trusted")
async def test_the_doctor_tells_it_with_its_cure(kind: Kind, cure: str) -> None:
    async with serving_tls(server_context(kind)) as (address, _):
        settings = Settings(discord_api_url=f"https://{address}/api/v10")
        async with Connections.open(settings) as connections:
            finding = await anext(aiter(discord(connections)))
    assert FAULTS.get(kind, "answers") in finding.text
    assert cure in finding.cure


async def test_the_doctor_tells_it_of_snowflake_itself() -> None:
    async with (
        serving_tls(server_context()) as (address, _),
        Connections.open(Settings(issuer=f"https://{address}")) as connections,
    ):
        [finding] = [one async for one in issuer(connections)]
    assert "signed by an authority that is not trusted here" in finding.text
    assert "SSL_CERT_FILE" in finding.cure


@pytest.fixture
def forward_proxy(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Run a proxy that wants a password; answer its address and what it has logged."""
    port, configuration, log = free_port(), tmp_path / "tinyproxy.conf", tmp_path / "tinyproxy.log"
    configuration.write_text(
        f'Port {port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 10\nLogFile "{log}"\n'
        "LogLevel Connect\nBasicAuth snowflake a-password\n"
    )
    command = [program("tinyproxy"), "-d", "-c", str(configuration)]
    with running(command, tmp_path / "tinyproxy.out") as started:
        started.wait_for_http(f"http://127.0.0.1:{port}/")
        yield f"127.0.0.1:{port}", log


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.usefixtures("trusted")
async def test_a_proxy_of_the_environment_leads_there(
    ask: Ask, forward_proxy: tuple[str, Path], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, log = forward_proxy
    monkeypatch.setenv(variable, f"http://snowflake:a-password@{proxy}")
    load_settings()
    async with serving_tls(server_context()) as (address, server):
        assert await ask(f"https://{address}/") is None
    assert server.requests == 1
    assert f"CONNECT {address}" in log.read_text()


@pytest.mark.parametrize("exception", ["localhost", "*", "example.com,localhost"])
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
async def test_a_proxy_that_wants_another_password_is_none(
    ask: Ask, forward_proxy: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://snowflake:wrong@{forward_proxy[0]}")
    async with serving_tls(server_context()) as (address, server):
        assert await ask(f"https://{address}/") == "ProxyError"
    assert server.requests == 0


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.usefixtures("trusted")
async def test_a_socks_proxy_leads_there(
    ask: Ask, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, output = free_port(), tmp_path / "microsocks.out"
    with running([program("microsocks"), "-i", "127.0.0.1", "-p", str(port)], output) as proxy:
        proxy.wait_until(lambda: _listens(port))
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{port}")
        load_settings()
        async with serving_tls(server_context()) as (address, server):
            assert await ask(f"https://{address}/") is None
        assert server.requests == 1
        assert f"connected to {address}" in proxy.log


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


def test_certificates_that_cannot_be_read_stop_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "not.pem").write_text("no certificate")
    for name, path, told in (
        ("SSL_CERT_FILE", tmp_path / "missing.pem", "cannot be read: No such file or directory"),
        ("SSL_CERT_FILE", tmp_path / "not.pem", "holds no certificates as text (PEM)"),
        ("SSL_CERT_DIR", tmp_path / "missing", "cannot be read: No such file or directory"),
        ("SSL_CERT_DIR", empty, "holds no certificates by their hashes"),
    ):
        with monkeypatch.context() as patched:
            patched.setenv(name, str(path))
            with pytest.raises(StartFault) as raised:
                load_settings()
        [line] = raised.value.faults
        assert line.startswith(f"{name}: {path} {told}")


@pytest.mark.parametrize(("idle", "connections"), [(KEEP_ALIVE - 0.5, 1), (3.9, 2)])
@pytest.mark.usefixtures("trusted")
async def test_an_idle_connection_is_given_up_before_servers_give_it_up(
    ask: Ask, idle: float, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each library reads the clock by a name of its own.
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("aiohttp.connector.monotonic", clock.monotonic)
    monkeypatch.setattr("httpcore._async.http11.time", clock)

    def wait() -> None:
        now[0] += idle

    async with serving_tls(server_context()) as (address, server):
        assert await ask(f"https://{address}/", f"https://{address}/", between=wait) is None
    assert (server.requests, server.connections) == (2, connections)
