"""Programs that tests start: Snowflake as operators run it, and others that need a port."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import httpx
import pytest

#: Seconds in which a program must be up, or end after a signal; a machine under load is slow.
PATIENCE = 30.0
#: Seconds between two looks at a program that is starting.
GLANCE = 0.02


def missing(what: str) -> NoReturn:
    """Skip the test, or fail it where continuous integration promised to have everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")


def program(name: str) -> str:
    """Answer where a program is installed."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    return path or missing(name)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody listens at a port of this machine."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Answer this process's environment with these variables as the only ones of Snowflake."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("SNOWFLAKE_", "UVICORN_", "COV_CORE_"))
    }
    return {**inherited, "NO_PROXY": "*", "PYTHONUNBUFFERED": "1", **variables}


@dataclass(frozen=True)
class Program:
    """A program that runs, and what it has written so far."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def log(self) -> str:
        return self.output.read_text("utf-8")

    def wait_until(self, condition: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait until something is so; fail with the log if the program ends instead."""
        for _ in range(int(patience / GLANCE)):
            if condition():
                return
            with suppress(subprocess.TimeoutExpired):
                status = self.process.wait(GLANCE)
                pytest.fail(f"ended with status {status}:\n{self.log}")
        pytest.fail(f"nothing happened in {patience} s:\n{self.log}")

    def wait_for_http(self, url: str, patience: float = PATIENCE) -> None:
        """Wait until something answers at the address."""
        self.wait_until(lambda: _answers(url), patience)

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and answer the exit status, negative if the signal itself ended it."""
        self.process.send_signal(by)
        return self.process.wait(PATIENCE)


def _answers(url: str) -> bool:
    try:
        httpx.get(url, trust_env=False, timeout=PATIENCE)
    except httpx.TransportError:
        return False
    return True


@contextmanager
def running(
    command: Sequence[str], output: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Run a program until the block ends; what it writes goes to a file."""
    with output.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - the tests' own command
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment(variables or {}),
            start_new_session=True,
        )
    try:
        yield Program(process, output)
    finally:
        # Its workers too, who would outlive it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


@dataclass(frozen=True)
class Snowflake(Program):
    """``snowflake serve``, answering at ``origin``."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"


#: The command of the tree in which the tests run.
SNOWFLAKE = (sys.executable, "-m", "snowflake")


def serve_command(port: int, *options: str, command: Sequence[str] = SNOWFLAKE) -> list[str]:
    return [*command, "serve", "--port", str(port), *options]


@contextmanager
def snowflake(
    directory: Path,
    variables: Mapping[str, str],
    *options: str,
    port: int | None = None,
    command: Sequence[str] = SNOWFLAKE,
) -> Iterator[Snowflake]:
    """Run ``snowflake serve`` with its data in a directory, and see it end cleanly."""
    port = port or free_port()
    settings = {"SNOWFLAKE_DATA_DIR": str(directory / "data"), **variables}
    log = directory / f"snowflake-{port}.log"
    serving = serve_command(port, *options, command=command)
    with running(serving, log, settings) as started:
        started.wait_for_http(f"http://127.0.0.1:{port}/health")
        yield Snowflake(started.process, started.output, port)
        if started.process.poll() is None:
            # Uvicorn shuts down in order, then lets the signal end it.
            assert started.end() in {0, -signal.SIGTERM}, started.log
        assert "Traceback" not in started.log
