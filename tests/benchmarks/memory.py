"""The resident size of ``snowflake serve``, beside a bare Starlette, and its growth.

There is one worker. It is read after the start, after 200 logins, when everything that is made on
first use is there, and after 5,000 more, each of another person. Growth is told from both: the
first is what an operator sees, the second shows what a login leaves behind: for a while, the
person whose token it was, and what Discord said of their limits if little was left.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.benchmarks.browser import PEOPLE
from tests.benchmarks.effort import Effort
from tests.benchmarks.logins import sign_in, warm_up
from tests.benchmarks.proc import resident
from tests.benchmarks.processes import bare_starlette, serve, simulated_discord
from tests.benchmarks.report import Goal, Row

GROWTH = Goal(1.05, at_most=True)


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    with bare_starlette(directory) as bare:
        beside = resident(bare.process.pid)
    with simulated_discord(directory) as discord, serve(directory, discord) as snowflake:
        started = resident(snowflake.process.pid)
        warm_up(snowflake, discord, effort)
        warm = resident(snowflake.process.pid)
        sign_in(snowflake, discord, islice(PEOPLE, effort.logins), effort)
        grown = resident(snowflake.process.pid)
    after = f"{_mib(grown)} after {effort.logins:,} logins"
    warmed = f"{_mib(warm)} after the first {effort.warm_up}"
    yield Row(
        "memory, after start", _mib(started), f"{_mib(beside)}, a bare Starlette", started / beside
    )
    yield Row("memory, growth", after, f"{_mib(started)} after start", grown / started, GROWTH)
    yield Row("memory, growth once warm", after, warmed, grown / warm, GROWTH)


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
