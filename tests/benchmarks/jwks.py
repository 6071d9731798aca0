"""The JSON Web Key Set beside a bare Starlette that answers the same JSON, by CPU time.

The answer is made once, which saves most of what the rest costs: the middleware, and nine more
headers, each of which Uvicorn checks.
"""

from collections.abc import Iterator
from pathlib import Path

from snowflake.protocol.paths import JWKS
from tests.benchmarks.beside_bare import beside_json
from tests.benchmarks.effort import Effort
from tests.benchmarks.report import Goal, Row


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    yield beside_json("jwks", JWKS, Goal(0.80), effort, directory)
