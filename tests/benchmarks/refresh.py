"""What a refresh costs, over a full login, by CPU time.

Each browser's application redeems the refresh token that it got the last time, of a registered
client. What Discord has said of a person is not asked again within a minute, so that a refresh is
what Snowflake does itself: it looks the grant up, rotates the token and signs two new ones. A full
login is of a new person, in the same client.
"""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.beside_load import Comparison, compare
from tests.benchmarks.effort import Effort
from tests.benchmarks.loads import LOADS
from tests.benchmarks.report import Row

COMPARISON = Comparison(
    "refresh", LOADS["refresh"], "a login by way of Discord", LOADS["registered"]
)


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    yield from compare([COMPARISON], effort, directory)
