"""Logins by session a second, over bare redirects and over logins that go to Discord.

A login by session is ``/authorize`` with the cookie of a session, ``/token`` and ``/userinfo``;
what Discord has said of the person is not asked again within a minute. A full login is of a new
person, in the same registered client, and begins a session. Beside the bare Starlette stands
``/authorize`` alone, which answers with a code: it writes the session and the code, and signs
nothing. Each browser has a session of its own. All four take turns.
"""

import json
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from statistics import median

import uvloop

from tests.benchmarks.beside_bare import Route
from tests.benchmarks.browser import APPLICATION, PEOPLE, Browser, authorization_request, browsers
from tests.benchmarks.connection import Connection
from tests.benchmarks.discord import CLIENT_ID, CLIENT_SECRET
from tests.benchmarks.effort import Effort
from tests.benchmarks.load import for_seconds, work
from tests.benchmarks.messages import request
from tests.benchmarks.processes import Discord, bare_starlette, serve, simulated_discord
from tests.benchmarks.report import Goal, Row
from tests.serving import Snowflake

CLIENT = "wiki"
FILE = f"""
[[clients]]
id = {json.dumps(CLIENT)}
secret = {json.dumps(CLIENT_SECRET)}
redirect_uris = [{json.dumps(APPLICATION)}]
"""


def settings_of(directory: Path) -> dict[str, str]:
    """Write a configuration with one registered client, and answer what leads to it."""
    path = directory / "snowflake.toml"
    path.write_text(FILE, "utf-8")
    return {
        "SNOWFLAKE_CONFIG": str(path),
        "SNOWFLAKE_DISCORD_CLIENT_ID": CLIENT_ID,
        "SNOWFLAKE_DISCORD_CLIENT_SECRET": CLIENT_SECRET,
    }


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
class Guest:
    """A browser with a session."""

    browser: Browser
    connection: Connection
    asked: bytes
    person: str

    async def authorize(self, _: None) -> bytes:
        """Go to ``/authorize`` and answer the code."""
        return self.browser.code_of(await self.connection.send(self.asked, 302))

    async def enter(self, _: None) -> None:
        """Do a whole login by session."""
        code = await self.authorize(None)
        await self.browser.ask_userinfo(await self.browser.redeem(code), self.person)


@dataclass(frozen=True)
class Visits:
    """Logins of all kinds, at one Snowflake."""

    snowflake: Snowflake
    discord: Discord
    effort: Effort

    def in_full(self) -> float:
        """Sign new people in by way of Discord; answer how many a second."""

        async def load() -> float:
            async with self._browsers() as opened:
                people = for_seconds(self.effort.login_seconds, PEOPLE)
                return (await work([browser.sign_in for browser in opened], people)).rate

        return uvloop.run(load())

    def by_session(self, *, whole: bool) -> float:
        """Sign people in by their sessions, or only as far as the code; answer as above."""

        async def load() -> float:
            async with self._browsers() as opened:
                guests = [await self._guest(browser) for browser in opened]
                seconds = self.effort.login_seconds if whole else self.effort.seconds
                workers = [guest.enter if whole else guest.authorize for guest in guests]
                done = await work(workers, for_seconds(seconds, repeat(None)))
                for guest in guests:
                    guest.connection.close()
                return done.rate

        return uvloop.run(load())

    def _browsers(self) -> AbstractAsyncContextManager[list[Browser]]:
        return browsers(self.effort.browsers, self.snowflake.origin, self.discord, CLIENT)

    async def _guest(self, browser: Browser) -> Guest:
        person = next(PEOPLE)
        await browser.sign_in(person)
        cookie = browser.arrival.field(b"set-cookie").partition(b";")[0]
        fields = b"Cookie: %s\r\n" % cookie
        origin = self.snowflake.origin
        asked = authorization_request(origin, CLIENT, fields)
        return Guest(browser, await Connection.open(origin), asked, person)


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
