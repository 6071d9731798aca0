"""``/authorize`` beside a bare Starlette that redirects to the same place, by CPU time.

Snowflake reads and checks the parameters, makes a cookie and a PKCE pair, and seals the login note.

Of what it takes beyond the bare redirect, the log line is a fifth, reading the parameters a fifth,
what every request passes and the headers of its answer a sixth, what to ask Discord for and the URL
of its page a sixth, sealing the note a twentieth. Checking
the parameters, the cookie and the PKCE pair are the rest.
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
