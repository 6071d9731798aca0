"""Several ``snowflake serve`` on one store, each on a port of its own."""

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx

from snowflake.sandbox.discord import SimulatedDiscord
from snowflake.sandbox.serving import serving
from tests.journeys.world import variables
from tests.promises.party import Party
from tests.serving import Program, free_port, running, serve_command
from tests.store.places import SECRET, Place

#: Seconds for an answer of a machine under load.
TIMEOUT = 60


@dataclass(frozen=True)
class Processes:
    """What runs, and where each of them is reached."""

    discord: SimulatedDiscord
    discord_origin: str
    programs: list[Program]
    origins: list[str]

    def party(self, client_id: str = "1300000000000000001") -> Party:
        return Party(self.discord, self.origins[0], client_id)

    @asynccontextmanager
    async def browsers(self) -> AsyncIterator[list[httpx.AsyncClient]]:
        """Answer a way to each process, for the running event loop."""
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(browser_of(origin)) for origin in self.origins]


def browser_of(origin: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=origin,
        trust_env=False,
        timeout=TIMEOUT,
        limits=httpx.Limits(max_connections=None),
        # It serves many people; their cookies are theirs.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


def settings_of(place: Place, discord_origin: str, issuer: str) -> dict[str, str]:
    """Answer the variables of one process among several."""
    return {
        **variables(discord_origin),
        "SNOWFLAKE_DATABASE_URL": place.url,
        "SNOWFLAKE_SECRET_KEY": SECRET.decode(),
        "SNOWFLAKE_ISSUER": issuer,
    }


@contextmanager
def processes(
    place: Place,
    directory: Path,
    number: int,
    *options: str,
    further: Mapping[str, str] | None = None,
) -> Iterator[Processes]:
    """Start them all at once on a store that nobody has prepared; ``further`` are variables."""
    discord = SimulatedDiscord(clock=time.time)
    ports = [free_port() for _ in range(number)]
    origins = [f"http://localhost:{port}" for port in ports]
    with serving(discord.app) as discord_origin, ExitStack() as stack:
        settings = settings_of(place, discord_origin, origins[0])
        settings |= {"SNOWFLAKE_DATA_DIR": str(directory), **(further or {})}
        programs = [
            stack.enter_context(
                running(serve_command(port, *options), directory / f"{port}.log", settings)
            )
            for port in ports
        ]
        for program, port in zip(programs, ports, strict=True):
            program.wait_for_http(f"http://127.0.0.1:{port}/health")
        yield Processes(discord, discord_origin, programs, origins)
        for program in programs:
            assert "Traceback" not in program.log, program.log
