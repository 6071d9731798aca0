"""What a login of a registered client costs, over one of a Discord application.

Both are whole logins of new people at the same Snowflake, and the CPU time of each is told. The
login of a registered client begins a session.
"""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.beside_load import Comparison, compare
from tests.benchmarks.effort import Effort
from tests.benchmarks.loads import LOADS
from tests.benchmarks.report import Goal, Row

COMPARISON = Comparison(
    "a registered client",
    LOADS["registered"],
    "a Discord application",
    LOADS["logins"],
    Goal(1.10, at_most=True),
)


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    yield from compare([COMPARISON], effort, directory)
