"""What a login of a registered client costs, over one of a Discord application.

Both are whole logins of new people at the same Snowflake, and the CPU time of each is told. The
login of a registered client begins a session.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks.effort import Effort
from tests.benchmarks.loads import LOADS
from tests.benchmarks.pairs import alternating, milliseconds, row_of
from tests.benchmarks.processes import serve, simulated_discord
from tests.benchmarks.registered import settings_of
from tests.benchmarks.report import Goal, Row

GOAL = Goal(1.10, at_most=True)


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    settings = settings_of(directory)
    with (
        simulated_discord(directory) as discord,
        serve(directory, discord, settings=settings) as snowflake,
    ):
        for at_once in effort.at_once:
            measured = (snowflake, discord, at_once, effort.tasks)
            registered = partial(LOADS["registered"].cost, *measured)
            application = partial(LOADS["logins"].cost, *measured)
            rounds = alternating(registered, application, effort.paired_rounds)
            name = f"a registered client, {at_once} at once"
            yield row_of(name, rounds, "a Discord application", milliseconds, GOAL)
