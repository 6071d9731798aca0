"""``/authorize`` beside a bare Starlette that redirects to the same place, by CPU time.

Snowflake reads and checks the parameters, works out what to ask Discord for, makes a cookie and a
PKCE pair, seals the login note, and writes a line of the log.
"""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.beside_bare import beside_redirect
from tests.benchmarks.browser import authorization_request
from tests.benchmarks.effort import Effort
from tests.benchmarks.report import Goal, Row


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    yield beside_redirect("authorize", authorization_request, Goal(0.28), effort, directory)
