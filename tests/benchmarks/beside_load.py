"""Things that one Snowflake is asked for, in turns: the CPU time of each over that of another."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.effort import Effort
from tests.benchmarks.loads import Load
from tests.benchmarks.pairs import in_turns, milliseconds, row_of
from tests.benchmarks.processes import serve, simulated_discord
from tests.benchmarks.registered import settings_of
from tests.benchmarks.report import Goal, Row


class Comparison(NamedTuple):
    """A load and that beside which it stands, both with what they are called."""

    name: str
    load: Load
    beside: str
    other: Load
    goal: Goal | None = None


def compare(comparisons: Sequence[Comparison], effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure at a Snowflake with a registered client, by 16 at once and by one alone."""
    settings = settings_of(directory)
    with (
        simulated_discord(directory) as discord,
        serve(directory, discord, settings=settings) as snowflake,
    ):
        for name, load, beside, other, goal in comparisons:
            for at_once in effort.at_once:
                measured = (snowflake, discord, at_once, effort.tasks)
                costs = [partial(one.cost, *measured) for one in (load, other)]
                rounds = in_turns(costs, effort.paired_rounds)
                yield row_of(f"{name}, {at_once} at once", rounds, beside, milliseconds, goal)
