"""One route of Snowflake beside the same answer of a bare Starlette.

Both run under Uvicorn with the same options, and are asked by the same generator over as many
connections. They take turns, so that what else the machine does is fair to both; the ratio is the
median of the rounds' ratios.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path
from statistics import median

import uvloop

from tests.benchmarks.connection import Connection
from tests.benchmarks.effort import Effort
from tests.benchmarks.load import for_seconds, work
from tests.benchmarks.messages import Message, request
from tests.benchmarks.processes import bare_starlette, serve, simulated_discord
from tests.benchmarks.report import Goal, Row


@dataclass(frozen=True)
class Route:
    """What is asked again and again, and the status of its answer."""

    origin: str
    asked: bytes
    status: int

    def rate(self, effort: Effort) -> float:
        """Ask for one round, and answer the answers a second."""
        return uvloop.run(self._load(effort))

    async def _load(self, effort: Effort) -> float:
        connections = [await Connection.open(self.origin) for _ in range(effort.browsers)]
        workers = [partial(_ask, connection, self.status) for connection in connections]
        done = await work(workers, for_seconds(effort.seconds, repeat(self.asked)))
        for connection in connections:
            connection.close()
        return done.rate


def beside_redirect(
    name: str, ask: Callable[[str], bytes], goal: Goal, effort: Effort, directory: Path
) -> Row:
    """Measure a redirect. ``ask`` writes the request for an issuer."""
    with simulated_discord(directory) as discord, serve(directory, discord) as snowflake:
        location = _answer(snowflake.origin, ask, 302).field(b"location").decode()
        with bare_starlette(directory, location=location) as bare:
            ours = Route(snowflake.origin, ask(snowflake.origin), 302)
            theirs = Route(bare.origin, request("GET", bare.origin, b"/redirect"), 302)
            return beside(name, ours, theirs, goal, effort)


def beside_json(name: str, path: str, goal: Goal, effort: Effort, directory: Path) -> Row:
    """Measure a JSON document."""
    ask = partial(request, "GET", target=path.encode())
    with simulated_discord(directory) as discord, serve(directory, discord) as snowflake:
        document = _answer(snowflake.origin, ask, 200).body.decode()
        with bare_starlette(directory, document=document) as bare:
            ours = Route(snowflake.origin, ask(snowflake.origin), 200)
            theirs = Route(bare.origin, request("GET", bare.origin, b"/json"), 200)
            return beside(name, ours, theirs, goal, effort)


def beside(name: str, ours: Route, theirs: Route, goal: Goal, effort: Effort) -> Row:
    """Let two routes take turns."""
    ours.rate(effort), theirs.rate(effort)  # Warm up.
    rounds = [(ours.rate(effort), theirs.rate(effort)) for _ in range(effort.rounds)]
    return Row(
        name,
        f"{median(mine for mine, _ in rounds):.0f}/s",
        f"{median(other for _, other in rounds):.0f}/s, a bare Starlette",
        median(mine / other for mine, other in rounds),
        goal,
    )


async def _ask(connection: Connection, status: int, asked: bytes) -> None:
    await connection.send(asked, status)


def _answer(origin: str, ask: Callable[[str], bytes], status: int) -> Message:
    async def once() -> Message:
        connection = await Connection.open(origin)
        try:
            return await connection.send(ask(origin), status)
        finally:
            connection.close()

    return uvloop.run(once())
