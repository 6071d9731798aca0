"""How long ``/token`` takes when each call to Discord takes 100 ms more.

A login needs two round trips to Discord one after the other, for the tokens and then for everything
else. So ``/token`` is put beside two plain calls in a row: a code exchanged for tokens and the
person asked for, by the generator itself. Both are done by four at once, on kept connections.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import uvloop

from tests.benchmarks.browser import PEOPLE, Browser, browsers
from tests.benchmarks.connection import Connection
from tests.benchmarks.discord import CLIENT_ID, CLIENT_SECRET, code_of, token_of
from tests.benchmarks.effort import Effort
from tests.benchmarks.load import work
from tests.benchmarks.messages import request
from tests.benchmarks.processes import Discord, serve, simulated_discord
from tests.benchmarks.report import Goal, Row
from tests.serving import Snowflake

DELAY = 0.1


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    with simulated_discord(directory, DELAY) as discord, serve(directory, discord) as snowflake:
        yield from beside_two_calls(snowflake, discord, effort)


def beside_two_calls(snowflake: Snowflake, discord: Discord, effort: Effort) -> Iterator[Row]:
    """Time ``/token``, then two calls in a row."""
    ours = uvloop.run(_tokens(snowflake, discord, effort))
    plain = uvloop.run(_plain(discord, effort))
    for name, mine, theirs, goal in (
        ("latency, p50 of /token", median(ours), median(plain), Goal(1.15, at_most=True)),
        ("latency, p99 of /token", _p99(ours), _p99(plain), None),
    ):
        beside = f"{theirs * 1000:.0f} ms, two calls in a row"
        yield Row(name, f"{mine * 1000:.0f} ms", beside, mine / theirs, goal)


async def _tokens(snowflake: Snowflake, discord: Discord, effort: Effort) -> list[float]:
    """Answer the seconds that ``/token`` took at each login, after one by each browser."""
    people = islice(PEOPLE, effort.timed + effort.timed_browsers)
    seconds: list[float] = []

    def timed(browser: Browser) -> Callable[[str], Awaitable[None]]:
        async def sign_in(person: str) -> None:
            code = await browser.code_for(person)
            started = time.perf_counter()
            access_token = await browser.redeem(code)
            seconds.append(time.perf_counter() - started)
            await browser.ask_userinfo(access_token, person)

        return sign_in

    async with browsers(effort.timed_browsers, snowflake.origin, discord) as opened:
        await work([timed(browser) for browser in opened], people)
    return seconds[effort.timed_browsers :]


async def _plain(discord: Discord, effort: Effort) -> list[float]:
    """Answer the seconds that two calls in a row took, for each of as many people."""
    seconds: list[float] = []

    def timed(connection: Connection) -> Callable[[str], Awaitable[None]]:
        async def call(person: str) -> None:
            started = time.perf_counter()
            await _two_calls(connection, discord.origin, person)
            seconds.append(time.perf_counter() - started)

        return call

    connections = [await Connection.open(discord.origin) for _ in range(effort.timed_browsers)]
    await work([timed(connection) for connection in connections], islice(PEOPLE, effort.timed))
    for connection in connections:
        connection.close()
    return seconds


async def _two_calls(connection: Connection, origin: str, person: str) -> None:
    exchange = request("POST", origin, b"/api/v10/oauth2/token", body=_form(person))
    await connection.send(exchange, 200)
    fields = b"Authorization: Bearer %s\r\n" % token_of(person).encode()
    await connection.send(request("GET", origin, b"/api/v10/users/@me", fields), 200)


def _form(person: str) -> bytes:
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    grant = {"grant_type": "authorization_code", "code": code_of(person)}
    return urlencode({**client, **grant}).encode()


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[98]
