"""Whole logins at Snowflake beside those at what people would use instead, with the same Discord.

All run at the same time and take turns. Each is asked for ``openid profile email`` by the same
generator, and asks Discord for the tokens and the person; the CPU time is that of all its threads
and processes. Before anything counts, each does many logins, because Java compiles what it runs
often. The resident size of all is read at the end, when all have done as many.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from tests.benchmarks.discord import CLIENT_ID
from tests.benchmarks.effort import Effort
from tests.benchmarks.loads import Load, Worker
from tests.benchmarks.pairs import in_turns, milliseconds, row_of
from tests.benchmarks.proc import family, resident
from tests.benchmarks.processes import Discord, Server, serve, simulated_discord
from tests.benchmarks.registered import CLIENT, settings_of
from tests.benchmarks.report import Goal, Row
from tests.benchmarks.rivals import programs
from tests.benchmarks.rivals.dex import dex
from tests.benchmarks.rivals.keycloak import keycloak
from tests.benchmarks.rivals.programs import NotHere
from tests.benchmarks.rivals.visitor import Provider, visitors

#: Starts a rival in a directory, with a Discord, after having fetched and built its program.
Start = Callable[[Path, Discord], AbstractContextManager[Provider]]
RIVALS: Mapping[str, Start] = {
    "Dex with SQLite": lambda *where: dex(programs.dex(), *where, on_disk=True),
    "Dex in memory": lambda *where: dex(programs.dex(), *where, on_disk=False),
    "Keycloak": lambda *where: keycloak(programs.keycloak(), *where),
}
#: Of the CPU time of one that keeps what it knows as safely.
GOALS = {"Dex with SQLite": Goal(0.70, at_most=True)}


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure whoever can be had."""
    with simulated_discord(directory) as discord, ExitStack() as stack:
        settings = settings_of(directory)
        snowflake = stack.enter_context(serve(directory, discord, settings=settings))
        rivals: list[Provider] = []
        for name, start in RIVALS.items():
            try:
                rivals.append(stack.enter_context(start(directory, discord)))
            except NotHere as missing:
                yield Row(f"beside {name}", "not measured", str(missing))
        yield from beside(kinds_of(snowflake), rivals, discord, effort)


def kinds_of(snowflake: Server) -> list[Provider]:
    """Answer how people sign in at Snowflake: at a registered client, and at an application."""
    at = partial(
        Provider,
        process=snowflake.process,
        origin=snowflake.origin,
        authorization="/authorize",
        token="/token",
        userinfo="/userinfo",
    )
    return [
        at("a registered client", client_id=CLIENT),
        at("a Discord application", client_id=CLIENT_ID),
    ]


def beside(
    ours: Sequence[Provider], rivals: Sequence[Provider], discord: Discord, effort: Effort
) -> Iterator[Row]:
    """Let all take turns, and put each of ours beside each rival."""
    providers = (*ours, *rivals)
    for _ in range(effort.rival_warm_ups):
        for provider in providers:
            cost_of(provider, discord, effort.browsers, effort.tasks)
    for at_once in effort.at_once:
        costs = [partial(cost_of, one, discord, at_once, effort.tasks) for one in providers]
        rounds = in_turns(costs, effort.paired_rounds)
        for place, rival in enumerate(rivals, len(ours)):
            for number, mine in enumerate(ours):
                pairs = [(found[number], found[place]) for found in rounds]
                name, goal = f"{mine.name}, {at_once} at once", GOALS.get(rival.name)
                yield row_of(name, pairs, rival.name, milliseconds, goal)
    size = _resident(ours[0])
    for rival in rivals:
        theirs = _resident(rival)
        beside = f"{_mebibytes(theirs)}, {rival.name}"
        yield Row("memory after all logins", _mebibytes(size), beside, size / theirs)


def cost_of(provider: Provider, discord: Discord, at_once: int, logins: int) -> float:
    """Have people sign in, so many at once; answer the CPU seconds of each login."""

    @asynccontextmanager
    async def workers(number: int, _: Server, discord: Discord) -> AsyncIterator[list[Worker]]:
        async with visitors(number, provider, discord) as opened:
            yield [visitor.sign_in for visitor in opened]

    return Load(workers).cost(provider, discord, at_once, logins)


def _resident(provider: Provider) -> int:
    return sum(resident(pid) for pid in family(provider.process.pid))


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
