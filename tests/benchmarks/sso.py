"""Logins by session a second, over bare redirects and over logins that go to Discord.

A login by session is ``/authorize`` with the cookie of a session, ``/token`` and ``/userinfo``;
what Discord has said of the person is not asked again within a minute. A full login is of a new
person, in the same registered client, and begins a session. Beside the bare Starlette stands
``/authorize`` alone, which answers with a code: it writes the session and the code, and signs
nothing. Each browser has a session of its own. All four take turns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from statistics import median

import uvloop

from tests.benchmarks.beside_bare import Route
from tests.benchmarks.browser import APPLICATION, PEOPLE, browsers
from tests.benchmarks.effort import Effort
from tests.benchmarks.guests import guests
from tests.benchmarks.load import for_seconds, work
from tests.benchmarks.messages import request
from tests.benchmarks.processes import Discord, bare_starlette, serve, simulated_discord
from tests.benchmarks.registered import CLIENT, settings_of
from tests.benchmarks.report import Goal, Row
from tests.serving import Snowflake


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    with (
        simulated_discord(directory) as discord,
        serve(directory, discord, settings=settings_of(directory)) as snowflake,
        bare_starlette(directory, location=f"{APPLICATION}?code={'c' * 600}") as bare,
    ):
        redirect = Route(bare.origin, request("GET", bare.origin, b"/redirect"), 302)
        yield from beside(Visits(snowflake, discord, effort), redirect)


@dataclass(frozen=True)
class Visits:
    """Logins of all kinds, at one Snowflake."""

    snowflake: Snowflake
    discord: Discord
    effort: Effort

    def in_full(self) -> float:
        """Sign new people in by way of Discord; answer how many a second."""

        async def load() -> float:
            number = self.effort.browsers
            async with browsers(number, self.snowflake.origin, self.discord, CLIENT) as opened:
                people = for_seconds(self.effort.login_seconds, PEOPLE)
                return (await work([browser.sign_in for browser in opened], people)).rate

        return uvloop.run(load())

    def by_session(self, *, whole: bool) -> float:
        """Sign people in by their sessions, or only as far as the code; answer as above."""

        async def load() -> float:
            number = self.effort.browsers
            async with guests(number, self.snowflake, self.discord, CLIENT) as arrived:
                seconds = self.effort.login_seconds if whole else self.effort.seconds
                workers = [guest.enter if whole else guest.authorize for guest in arrived]
                return (await work(workers, for_seconds(seconds, repeat(None)))).rate

        return uvloop.run(load())


def beside(visits: Visits, redirect: Route) -> Iterator[Row]:
    """Let all take turns."""

    def turn() -> tuple[float, float, float, float]:
        codes, bare = visits.by_session(whole=False), redirect.rate(visits.effort)
        return codes, bare, visits.by_session(whole=True), visits.in_full()

    turn()  # Warm up.
    rounds = [turn() for _ in range(visits.effort.login_rounds)]
    codes, bare, whole, full = (median(column) for column in zip(*rounds, strict=True))
    yield Row(
        "sso, to the code",
        f"{codes:.0f}/s",
        f"{bare:.0f}/s, a bare Starlette",
        median(one / other for one, other, _, _ in rounds),
    )
    yield Row(
        "sso, whole logins by session",
        f"{whole:.0f}/s",
        f"{full:.0f}/s, by way of Discord",
        median(one / other for _, _, one, other in rounds),
        Goal(1.0),
    )
