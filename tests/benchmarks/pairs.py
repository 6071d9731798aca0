"""Two things measured in turns, and what their ratios come to.

A processor that is shared is quicker in one second than in the next. The two halves of a short
round feel the same, so that a round's ratio is more exact than its two times. The other one begins
in every second round.
"""

from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import TypeVar

from tests.benchmarks.report import Goal, Row

Measured = TypeVar("Measured")


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


def row_of(
    benchmark: str,
    rounds: Sequence[tuple[float, float]],
    beside: str,
    words: Callable[[float], str],
    goal: Goal | None = None,
) -> Row:
    """Write the median of the rounds' ratios, and between what bounds the middle half lies."""
    mine, theirs = (words(median(column)) for column in zip(*rounds, strict=True))
    ratios = [one / other for one, other in rounds]
    lower, _, upper = quantiles(ratios, method="inclusive") if len(ratios) > 1 else ratios * 3
    spread = f"{lower:.2f} to {upper:.2f} in {len(ratios)} rounds"
    return Row(benchmark, mine, f"{theirs}, {beside} ({spread})", median(ratios), goal)


def milliseconds(seconds: float) -> str:
    """Write CPU seconds."""
    return f"{seconds * 1000:.2f} ms CPU"
