"""Today's tree beside a commit: the CPU time that each needs for the same, as a ratio.

Both run at the same time, each on a store of its own, and take turns in short rounds, with the same
number of tasks for each. CPU time is what counts, since a machine that does other things too says
nothing by the clock. The median of the rounds' ratios is told, and between what bounds the middle
half of them lies.

Two starts of one program differ too, by where its memory lies and how its tables are hashed; so all
are started anew after a few rounds, on empty stores. And today's tree runs twice: what it comes to
beside itself, which ought to be 1.00, is told in a row of its own. A ratio that is no farther from
1.00 than that says nothing.

Everything is asked by 16 at once, and by one alone.
"""

import resource
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.effort import Effort
from tests.benchmarks.loads import LOADS, Load
from tests.benchmarks.pairs import in_turns, milliseconds, row_of
from tests.benchmarks.proc import cpu_seconds, resident
from tests.benchmarks.processes import serve, simulated_discord
from tests.benchmarks.registered import settings_of
from tests.benchmarks.report import Row
from tests.benchmarks.trees import TODAY, Tree
from tests.journeys.world import variables
from tests.serving import environment, snowflake

#: What today's tree, the commit, and today's tree once more came to in one round.
Round = tuple[float, ...]
#: The benchmarks that can be compared; those that stand in ``USUAL`` are if nobody names any.
COMPARED = (*LOADS, "start")
#: Those that are measured when nobody names any: whole logins of each kind.
USUAL = ("logins", "registered", "sso", "refresh")


def compare(names: Sequence[str], other: Tree, effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure loads, and ``start``, of today's tree and another."""
    trees = (TODAY, other, TODAY)
    if "start" in names:
        yield from starts(trees, effort, directory)
    loads = {name: LOADS[name] for name in names if name in LOADS}
    for (name, at_once), rounds in in_blocks(loads, trees, effort, directory).items():
        yield from rows_of(f"{name}, {at_once} at once", rounds, other, milliseconds)


def in_blocks(
    loads: Mapping[str, Load], trees: Sequence[Tree], effort: Effort, directory: Path
) -> dict[tuple[str, int], list[Round]]:
    """Let all trees take turns, started anew for each block of rounds.

    Answer the CPU seconds for a task of each round, by load and how many asked at once.
    """
    rounds: dict[tuple[str, int], list[Round]]
    rounds = {(name, at_once): [] for name in loads for at_once in effort.at_once}
    settings = settings_of(directory)
    for _ in range(effort.blocks if loads else 0):
        with simulated_discord(directory) as discord, ExitStack() as stack:
            started = [serve(directory, discord, settings=settings, tree=tree) for tree in trees]
            served = [stack.enter_context(one) for one in started]
            for (name, at_once), found in rounds.items():
                measured = (discord, at_once, effort.tasks)
                costs = [partial(loads[name].cost, one, *measured) for one in served]
                found.extend(in_turns(costs, effort.block_rounds))
    return rounds


def rows_of(
    name: str, rounds: Sequence[Round], other: Tree, words: Callable[[float], str]
) -> Iterator[Row]:
    """Write what today's tree came to beside the commit, and beside itself."""
    yield row_of(name, [(mine, theirs) for mine, theirs, _ in rounds], other.name, words)
    itself = [(mine, again) for mine, _, again in rounds]
    yield row_of(f"{name}, control", itself, "today's tree too", words)


def starts(trees: Sequence[Tree], effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure a command that does nothing, a start of the server, and its memory.

    The store is there already, as at every start but the first.
    """
    other = trees[1]
    versions = in_turns([partial(_version, tree) for tree in trees], effort.starts)
    yield from rows_of("snowflake --version", versions, other, milliseconds)
    homes = [directory / f"started-{number}" for number in range(len(trees))]
    starting = [partial(_started, tree, home) for tree, home in zip(trees, homes, strict=True)]
    started = in_turns(starting, effort.starts)
    cpu = [tuple(one.cpu for one in found) for found in started]
    yield from rows_of("start, to the first answer", cpu, other, milliseconds)
    memory = [tuple(one.resident for one in found) for found in started]
    yield from rows_of("memory, after start", memory, other, _mebibytes)


class Started(NamedTuple):
    """The CPU seconds of a start, and the bytes that it left resident."""

    cpu: float
    resident: int


def _started(tree: Tree, home: Path) -> Started:
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
