"""The discovery document beside a bare Starlette that answers the same JSON, by CPU time."""

from collections.abc import Iterator
from pathlib import Path

from snowflake.protocol.paths import OPENID_CONFIGURATION
from tests.benchmarks.beside_bare import beside_json
from tests.benchmarks.effort import Effort
from tests.benchmarks.report import Goal, Row


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    yield beside_json("discovery", OPENID_CONFIGURATION, Goal(0.80), effort, directory)
