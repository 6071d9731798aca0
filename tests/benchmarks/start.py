"""The time from starting ``snowflake serve`` to its first answer of ``/health``.

Beside it stands the time in which a fresh Python imports the libraries that Snowflake stands on,
and does nothing else. Both take turns, and the median counts. The store is there already, as at
every start but the first, which is told in a row of its own: it makes the store and the keys.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks.effort import Effort
from tests.benchmarks.report import Row
from tests.journeys.world import variables
from tests.serving import free_port, running, serve_command

LIBRARIES = (
    *("aiohttp", "alembic", "cryptography.hazmat.primitives.ciphers.aead", "httptools", "httpx"),
    *("jinja2", "joserfc", "prometheus_client", "pydantic_settings", "sqlalchemy.ext.asyncio"),
    *("starlette", "structlog", "typer", "uvicorn", "uvloop"),
)
_HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    first, importing = _serve(directory), _import(directory)
    rounds = [(_serve(directory), _import(directory)) for _ in range(effort.starts)]
    beside = median(seconds for _, seconds in rounds)
    again = median(seconds for seconds, _ in rounds)
    words = f"{beside:.2f} s, importing the libraries alone"
    yield Row("start", f"{again:.2f} s", words, again / beside)
    words = f"{importing:.2f} s, importing the libraries alone"
    yield Row("start, the first", f"{first:.2f} s", words, first / importing)


def _serve(directory: Path) -> float:
    """Start Snowflake and answer the seconds until it answered."""
    port = free_port()
    # Nothing calls Discord before somebody signs in.
    settings = {"SNOWFLAKE_DATA_DIR": str(directory), **variables("http://localhost:9")}
    started = time.perf_counter()
    with running(serve_command(port), directory / "log", settings) as program:
        program.wait_until(lambda: _is_healthy(port))
        seconds = time.perf_counter() - started
        program.end()
    return seconds


def _import(directory: Path) -> float:
    """Answer the seconds in which a fresh Python imports the libraries and ends."""
    command = [sys.executable, "-c", f"import {', '.join(LIBRARIES)}"]
    started = time.perf_counter()
    subprocess.run(command, check=True, cwd=directory)  # noqa: S603 - the benchmark's own command
    return time.perf_counter() - started


def _is_healthy(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(_HEALTH)
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
