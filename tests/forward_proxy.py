"""Tinyproxy, by which others are reached, as a network may demand it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.serving import free_port, program, running

USER, PASSWORD = "snowflake", "a-password"


@contextmanager
def forward_proxy(directory: Path) -> Iterator[tuple[str, Path]]:
    """Run a proxy that wants a password; answer its address, without one, and its log."""
    port, log = free_port(), directory / "tinyproxy.log"
    configuration = directory / "tinyproxy.conf"
    configuration.write_text(
        f'Port {port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 10\nLogFile "{log}"\n'
        f"LogLevel Connect\nBasicAuth {USER} {PASSWORD}\n"
    )
    command = [program("tinyproxy"), "-d", "-c", str(configuration)]
    with running(command, directory / "tinyproxy.out") as started:
        started.wait_for_http(f"http://127.0.0.1:{port}/")
        yield f"127.0.0.1:{port}", log
