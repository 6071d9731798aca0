"""Today's tree beside a commit: the CPU time that each needs for the same, as a ratio.

Both run at the same time, each on a store of its own, and take turns in short rounds, with the same
number of tasks for each. CPU time is what counts, since a machine that does other things too says
nothing by the clock. The median of the rounds' ratios is told, and between what bounds the middle
half of them lies.

Everything is asked by 16 at once, and by one alone.
"""

import resource
import subprocess
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.effort import Effort
from tests.benchmarks.loads import LOADS, Load
from tests.benchmarks.pairs import alternating, milliseconds, row_of
from tests.benchmarks.proc import cpu_seconds, resident
from tests.benchmarks.processes import Discord, serve, simulated_discord
from tests.benchmarks.registered import settings_of
from tests.benchmarks.report import Row
from tests.benchmarks.trees import TODAY, Tree
from tests.journeys.world import variables
from tests.serving import Snowflake, environment, snowflake

Pair = tuple[float, float]
#: The benchmarks that can be compared; those that stand in ``USUAL`` are if nobody names any.
COMPARED = (*LOADS, "start")
#: Those that are measured when nobody names any: whole logins of each kind.
USUAL = ("logins", "registered", "sso", "refresh")


def compare(names: Sequence[str], other: Tree, effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure loads, and ``start``, of today's tree and another."""
    if "start" in names:
        yield from starts(other, effort, directory)
    settings = settings_of(directory)
    with (
        simulated_discord(directory) as discord,
        serve(directory, discord, settings=settings) as mine,
        serve(directory, discord, settings=settings, tree=other) as theirs,
    ):
        for name in filter(LOADS.__contains__, names):
            for at_once in effort.at_once:
                rounds = in_rounds(LOADS[name], (mine, theirs), discord, at_once, effort)
                yield row_of(f"{name}, {at_once} at once", rounds, other.name, milliseconds)


def in_rounds(
    load: Load, both: tuple[Snowflake, Snowflake], discord: Discord, at_once: int, effort: Effort
) -> list[Pair]:
    """Let two Snowflakes take turns, and answer the CPU seconds for a task of each round."""

    def cost(snowflake: Snowflake) -> float:
        return load.cost(snowflake, discord, at_once, effort.tasks)

    return alternating(partial(cost, both[0]), partial(cost, both[1]), effort.paired_rounds)


def starts(other: Tree, effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure a command that does nothing, a start of the server, and its memory.

    The store is there already, as at every start but the first.
    """
    rounds = alternating(partial(_version, TODAY), partial(_version, other), effort.starts)
    yield row_of("snowflake --version", rounds, other.name, milliseconds)
    started = alternating(
        partial(_started, TODAY, directory), partial(_started, other, directory), effort.starts
    )
    cpu = [(mine.cpu, theirs.cpu) for mine, theirs in started]
    yield row_of("start, to the first answer", cpu, other.name, milliseconds)
    memory = [(mine.resident, theirs.resident) for mine, theirs in started]
    yield row_of("memory, after start", memory, other.name, _mebibytes)


class Started(NamedTuple):
    """The CPU seconds of a start, and the bytes that it left resident."""

    cpu: float
    resident: int


def _started(tree: Tree, directory: Path) -> Started:
    home = directory / f"started-{tree.source.name}"
    home.mkdir(exist_ok=True)
    # Nothing calls Discord before somebody signs in.
    settings = {**variables("http://localhost:9"), **tree.variables}
    with snowflake(home, settings, command=tree.command) as served:
        return Started(cpu_seconds(served.process.pid), resident(served.process.pid))


def _version(tree: Tree) -> float:
    """Answer the CPU seconds of ``snowflake --version``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [*tree.command, "--version"]
    subprocess.run(  # noqa: S603 - the benchmark's own command
        command, check=True, capture_output=True, env=environment(tree.variables)
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _mebibytes(size: float) -> str:
    return f"{size / 2**20:.0f} MiB"
