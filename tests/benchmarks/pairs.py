"""Things measured in turns, and what their ratios come to.

A processor that is shared is quicker in one second than in the next. The parts of a short round
feel the same, so that a round's ratios are more exact than its times. Another one begins in every
round.
"""

from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import TypeVar

from tests.benchmarks.report import Goal, Row

Measured = TypeVar("Measured")


def in_turns(measures: Sequence[Callable[[], Measured]], rounds: int) -> list[tuple[Measured, ...]]:
    """Measure all in each round, after one that nobody counts.

    What was found stands in the order of ``measures``, whoever began.
    """
    for measure in measures:
        measure()
    return [_round(measures, number % len(measures)) for number in range(rounds)]


def row_of(
    benchmark: str,
    rounds: Sequence[tuple[float, ...]],
    beside: str,
    words: Callable[[float], str],
    goal: Goal | None = None,
) -> Row:
    """Write the median of the rounds' ratios, and between what bounds the middle half lies.

    Each round has what was measured, and what it stands beside.
    """
    mine, theirs = (words(median(column)) for column in zip(*rounds, strict=True))
    ratios = [one / other for one, other in rounds]
    lower, _, upper = quantiles(ratios, method="inclusive") if len(ratios) > 1 else ratios * 3
    spread = f"{lower:.2f} to {upper:.2f} in {len(ratios)} rounds"
    return Row(benchmark, mine, f"{theirs}, {beside} ({spread})", median(ratios), goal)


def milliseconds(seconds: float) -> str:
    """Write CPU seconds."""
    return f"{seconds * 1000:.2f} ms CPU"


def _round(measures: Sequence[Callable[[], Measured]], first: int) -> tuple[Measured, ...]:
    places = range(len(measures))
    found = {place: measures[place]() for place in (*places[first:], *places[:first])}
    return tuple(found[place] for place in places)
