"""What logins by session cost, over logins that go to Discord, by CPU time.

A login by session is ``/authorize`` with the cookie of a session, ``/token`` and ``/userinfo``;
what Discord has said of the person is not asked again within a minute. A full login is of a new
person, in the same registered client, and begins a session. Told first is the way to the code
alone, during which somebody waits: by session it is one request, which writes the session and the
code and signs nothing; by way of Discord it is two. Each browser has a session of its own.
"""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.beside_load import Comparison, compare
from tests.benchmarks.effort import Effort
from tests.benchmarks.loads import LOADS, of_browsers, of_guests
from tests.benchmarks.registered import CLIENT
from tests.benchmarks.report import Goal, Row

DISCORD = "by way of Discord"
CODE = Comparison(
    "sso, to the code",
    of_guests(lambda guest: guest.authorize, weight=2),
    DISCORD,
    of_browsers(lambda browser: browser.code_for, CLIENT),
)
LOGIN = Comparison(
    "sso, whole logins", LOADS["sso"], DISCORD, LOADS["registered"], Goal(1.0, at_most=True)
)


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    yield from compare([CODE, LOGIN], effort, directory)
