"""Today's tree beside a commit: the CPU time that each needs for the same, as a ratio.

Both run at the same time, each on a store of its own, and take turns in short rounds: the same
number of tasks for each, and the other one begins in every second round. CPU time is what counts,
since a machine that does other things too says nothing by the clock. Even so a processor that is
shared is quicker in one second than in the next; the two halves of a round feel the same, so that
the ratio of a round is more exact than its two times. The median of the rounds' ratios is told, and
between what bounds the middle half of them lies.

Everything is asked by 16 at once, and one after the other, which costs more: nothing is done for
several at a time then, and the processor sleeps between two requests.
"""

import resource
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple, TypeVar

from tests.benchmarks.effort import Effort
from tests.benchmarks.loads import LOADS, Load
from tests.benchmarks.proc import cpu_seconds, resident
from tests.benchmarks.processes import Discord, serve, simulated_discord
from tests.benchmarks.registered import settings_of
from tests.benchmarks.report import Row
from tests.benchmarks.trees import TODAY, Tree
from tests.journeys.world import variables
from tests.serving import Snowflake, environment, snowflake

Measured = TypeVar("Measured")
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
                yield row_of(f"{name}, {at_once} at once", rounds, other, _milliseconds)


def in_rounds(
    load: Load, both: tuple[Snowflake, Snowflake], discord: Discord, at_once: int, effort: Effort
) -> list[Pair]:
    """Let two Snowflakes take turns, and answer the CPU seconds for a task of each round."""

    def cost(snowflake: Snowflake) -> float:
        return load.cost(snowflake, discord, at_once, effort.tasks)

    return alternating(partial(cost, both[0]), partial(cost, both[1]), effort.paired_rounds)


def alternating(
    mine: Callable[[], Measured], theirs: Callable[[], Measured], rounds: int
) -> list[tuple[Measured, Measured]]:
    """Measure both in each round, after one that nobody counts; who begins changes."""
    mine(), theirs()
    pairs: list[tuple[Measured, Measured]] = []
    for number in range(rounds):
        if number % 2:
            one = mine()
            pairs.append((one, theirs()))
        else:
            other = theirs()
            pairs.append((mine(), other))
    return pairs


def starts(other: Tree, effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure a command that does nothing, a start of the server, and its memory.

    The store is there already, as at every start but the first.
    """
    rounds = alternating(partial(_version, TODAY), partial(_version, other), effort.starts)
    yield row_of("snowflake --version", rounds, other, _milliseconds)
    started = alternating(
        partial(_started, TODAY, directory), partial(_started, other, directory), effort.starts
    )
    cpu = [(mine.cpu, theirs.cpu) for mine, theirs in started]
    yield row_of("start, to the first answer", cpu, other, _milliseconds)
    memory = [(mine.resident, theirs.resident) for mine, theirs in started]
    yield row_of("memory, after start", memory, other, _mebibytes)


def row_of(
    benchmark: str, rounds: Sequence[Pair], other: Tree, words: Callable[[float], str]
) -> Row:
    """Write what rounds have come to."""
    mine, theirs = (words(median(column)) for column in zip(*rounds, strict=True))
    ratios = [one / other for one, other in rounds]
    lower, _, upper = quantiles(ratios, method="inclusive") if len(ratios) > 1 else ratios * 3
    spread = f"{lower:.2f} to {upper:.2f} in {len(ratios)} rounds"
    return Row(benchmark, mine, f"{theirs}, {other.name} ({spread})", median(ratios))


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


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms CPU"


def _mebibytes(size: float) -> str:
    return f"{size / 2**20:.0f} MiB"
