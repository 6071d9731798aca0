"""One route of Snowflake beside the same answer of a bare Starlette, by CPU time.

Both run under Uvicorn with the same options, and are asked in turns by the same generator over as
many connections. Of both is told how many answers a second of CPU time is good for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvloop

from tests.benchmarks.connection import Connection
from tests.benchmarks.effort import Effort
from tests.benchmarks.loads import get, of_answers
from tests.benchmarks.messages import Message
from tests.benchmarks.pairs import in_turns, row_of
from tests.benchmarks.processes import Discord, Server, bare_starlette, serve, simulated_discord
from tests.benchmarks.report import Goal, Row

#: Answers in a round for each login that a round of logins would have.
WEIGHT = 20


@dataclass(frozen=True)
class Route:
    """A server, how a request to it is written, and the status of its answer."""

    server: Server
    ask: Callable[[str], bytes]
    status: int

    def rate(self, discord: Discord, effort: Effort) -> float:
        """Ask for one round, and answer the answers for a second of CPU time."""
        load = of_answers(self.ask, self.status, WEIGHT)
        return 1 / load.cost(self.server, discord, effort.browsers, effort.tasks)

    def answer(self) -> Message:
        """Ask once."""
        return uvloop.run(self._once())

    async def _once(self) -> Message:
        connection = await Connection.open(self.server.origin)
        try:
            return await connection.send(self.ask(self.server.origin), self.status)
        finally:
            connection.close()


def beside_redirect(
    name: str, ask: Callable[[str], bytes], goal: Goal, effort: Effort, directory: Path
) -> Row:
    """Measure a redirect. ``ask`` writes the request for an issuer."""
    with simulated_discord(directory) as discord, serve(directory, discord) as snowflake:
        ours = Route(snowflake, ask, 302)
        location = ours.answer().field(b"location").decode()
        with bare_starlette(directory, location=location) as bare:
            both = (ours, Route(bare, get("/redirect"), 302))
            return beside(name, both, discord, effort, goal)


def beside_json(name: str, path: str, goal: Goal, effort: Effort, directory: Path) -> Row:
    """Measure a JSON document."""
    with simulated_discord(directory) as discord, serve(directory, discord) as snowflake:
        ours = Route(snowflake, get(path), 200)
        document = ours.answer().body.decode()
        with bare_starlette(directory, document=document) as bare:
            both = (ours, Route(bare, get("/json"), 200))
            return beside(name, both, discord, effort, goal)


def beside(
    name: str, both: tuple[Route, Route], discord: Discord, effort: Effort, goal: Goal
) -> Row:
    """Let two routes take turns."""
    rates = [partial(route.rate, discord, effort) for route in both]
    rounds = in_turns(rates, effort.paired_rounds)
    return row_of(name, rounds, "a bare Starlette", _a_cpu_second, goal)


def _a_cpu_second(rate: float) -> str:
    return f"{rate:.0f} a CPU second"
