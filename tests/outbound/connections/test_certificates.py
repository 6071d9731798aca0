"""Whose certificates are believed, and what is said of those that are not."""

import shutil
import subprocess
from pathlib import Path

import certifi
import pytest
from pydantic import SecretStr
from starlette.responses import Response
from structlog.testing import capture_logs

from snowflake.configuration import load_settings
from snowflake.discord import sending
from snowflake.discord.client import DiscordClient
from snowflake.errors import StartFault, TemporarilyUnavailable
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.discord import discord
from snowflake.operator.doctor.issuer import issuer
from snowflake.sandbox.serving import serving
from snowflake.settings import REPOSITORY, Settings
from tests.outbound.connections.asking import Ask
from tests.serving import program
from tests.tls import Kind, server_context, serving_tls


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
