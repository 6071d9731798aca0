"""The processes of a run. What they write goes to files in a directory that is thrown away."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.benchmarks.trees import TODAY, Tree
from tests.journeys.world import variables
from tests.serving import Program, Snowflake, free_port, running, snowflake


class Server(Protocol):
    """Whoever answers at ``origin``, and the process that does it, with its descendants."""

    @property
    def process(self) -> subprocess.Popen[bytes]: ...

    @property
    def origin(self) -> str: ...


@dataclass(frozen=True)
class Discord:
    """The simulated Discord."""

    origin: str


@contextmanager
def simulated_discord(directory: Path, delay: float = 0.0) -> Iterator[Discord]:
    """Run a simulated Discord; ``delay`` in seconds is added to every call of its API."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.discord", str(port), str(delay)]
    with running(command, directory / f"discord-{port}.log") as program:
        program.wait_for_http(f"http://127.0.0.1:{port}/")
        yield Discord(f"http://localhost:{port}")


@contextmanager
def serve(
    directory: Path,
    discord: Discord,
    *options: str,
    settings: Mapping[str, str] | None = None,
    tree: Tree = TODAY,
) -> Iterator[Snowflake]:
    """Run ``snowflake serve`` on a store of its own, with the default settings otherwise."""
    port = free_port()
    home = directory / str(port)
    home.mkdir()
    settings = {
        **variables(discord.origin),
        "SNOWFLAKE_ISSUER": f"http://localhost:{port}",
        **tree.variables,
        **(settings or {}),
    }
    with snowflake(home, settings, *options, port=port, command=tree.command) as served:
        try:
            yield served
        except BaseException:
            # Killed, it would leave its workers behind.
            served.end()
            raise


@dataclass(frozen=True)
class Bare(Program):
    """A bare Starlette, at ``origin``."""

    origin: str


@contextmanager
def bare_starlette(directory: Path, location: str = "/", document: str = "{}") -> Iterator[Bare]:
    """Run a bare Starlette under the Uvicorn that ``snowflake serve`` asks for."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.benchmarks.bare:app", "--port", str(port)]
    options = ["--no-access-log", "--no-server-header", "--ws", "none", "--log-level", "error"]
    answers = {"BARE_LOCATION": location, "BARE_JSON": document}
    with running([*command, *options], directory / f"bare-{port}.log", answers) as program:
        program.wait_for_http(f"http://127.0.0.1:{port}/json")
        yield Bare(program.process, program.output, f"http://localhost:{port}")
