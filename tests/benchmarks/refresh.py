"""Refreshes a second, over full logins.

Each browser's application redeems the refresh token that it got the last time, of a registered
client. What Discord has said of a person is not asked again within a minute, so that a refresh is
what Snowflake does itself: it looks the grant up, rotates the token and signs two new ones. A full
login is of a new person, in the same client. Both take turns.
"""

from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from statistics import median

import uvloop

from tests.benchmarks.effort import Effort
from tests.benchmarks.guests import guests
from tests.benchmarks.load import for_seconds, work
from tests.benchmarks.logins import measure, warm_up
from tests.benchmarks.processes import Discord, serve, simulated_discord
from tests.benchmarks.registered import CLIENT, settings_of
from tests.benchmarks.report import Row
from tests.serving import Snowflake


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    settings = settings_of(directory)
    with (
        simulated_discord(directory) as discord,
        serve(directory, discord, settings=settings) as snowflake,
    ):
        warm_up(snowflake, discord, effort, CLIENT)
        rounds = [
            (
                _refreshes(snowflake, discord, effort),
                measure(snowflake, discord, effort, CLIENT).rate,
            )
            for _ in range(effort.login_rounds)
        ]
    refreshes, logins = (median(column) for column in zip(*rounds, strict=True))
    ratio = median(one / other for one, other in rounds)
    yield Row("refresh", f"{refreshes:.0f}/s", f"{logins:.0f}/s, by way of Discord", ratio)


def _refreshes(snowflake: Snowflake, discord: Discord, effort: Effort) -> float:
    async def load() -> float:
        async with guests(effort.browsers, snowflake, discord, CLIENT) as arrived:
            turns = for_seconds(effort.seconds, repeat(None))
            return (await work([guest.refresh for guest in arrived], turns)).rate

    return uvloop.run(load())
