"""How long ``/token`` takes when each call to Discord takes 100 ms more.

A login needs two round trips to Discord one after the other, for the tokens and then for everything
else. So ``/token`` is put beside two plain calls in a row: a code exchanged for tokens and the
person asked for, by the generator itself. Both are done by four at once, on kept connections.
"""

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import uvloop

from tests.benchmarks.browser import Browser, browsers
from tests.benchmarks.connection import Connection, request
from tests.benchmarks.discord import CLIENT_ID, CLIENT_SECRET
from tests.benchmarks.effort import Effort
from tests.benchmarks.load import work
from tests.benchmarks.processes import Discord, Person, redirect_uri, serve, simulated_discord
from tests.benchmarks.report import Goal, Row
from tests.serving import Snowflake

DELAY = 0.1
_AGENT = b"User-Agent: DiscordBot (https://example.com, 1)\r\n"


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    with simulated_discord(directory, DELAY) as discord, serve(directory, discord) as snowflake:
        yield from beside_two_calls(snowflake, discord, effort)


def beside_two_calls(snowflake: Snowflake, discord: Discord, effort: Effort) -> Iterator[Row]:
    """Time ``/token``, then two calls in a row."""
    ours = uvloop.run(_tokens(snowflake, discord, effort))
    plain = uvloop.run(_plain(snowflake.origin, discord, effort))
    for name, mine, theirs, goal in (
        ("latency, p50 of /token", median(ours), median(plain), Goal(1.15, at_most=True)),
        ("latency, p99 of /token", _p99(ours), _p99(plain), None),
    ):
        beside = f"{theirs * 1000:.0f} ms, two calls in a row"
        yield Row(name, f"{mine * 1000:.0f} ms", beside, mine / theirs, goal)


async def _tokens(snowflake: Snowflake, discord: Discord, effort: Effort) -> list[float]:
    """Answer the seconds that ``/token`` took at each login, after one by each browser."""
    people = discord.people(effort.timed + effort.timed_browsers, snowflake.origin)
    seconds: list[float] = []

    def timed(browser: Browser) -> Callable[[Person], Awaitable[None]]:
        async def sign_in(person: Person) -> None:
            code = await browser.code_for(person)
            started = time.perf_counter()
            access_token = await browser.redeem(code)
            seconds.append(time.perf_counter() - started)
            await browser.ask_userinfo(access_token, person)

        return sign_in

    async with browsers(effort.timed_browsers, snowflake.origin, discord) as opened:
        await work([timed(browser) for browser in opened], people)
    return seconds[effort.timed_browsers :]


async def _plain(issuer: str, discord: Discord, effort: Effort) -> list[float]:
    """Answer the seconds that two calls in a row took, for each of as many people."""
    seconds: list[float] = []

    def timed(connection: Connection) -> Callable[[Person], Awaitable[None]]:
        async def call(person: Person) -> None:
            form = await _code_form(connection, issuer, discord.origin, person)
            started = time.perf_counter()
            await _two_calls(connection, discord.origin, form)
            seconds.append(time.perf_counter() - started)

        return call

    connections = [await Connection.open(discord.origin) for _ in range(effort.timed_browsers)]
    people = discord.people(effort.timed, issuer)
    await work([timed(connection) for connection in connections], people)
    for connection in connections:
        connection.close()
    return seconds


async def _code_form(connection: Connection, issuer: str, origin: str, person: Person) -> bytes:
    """Get a code from Discord, and write the form that redeems it."""
    asked = {"client_id": CLIENT_ID, "redirect_uri": redirect_uri(issuer)}
    query = {**asked, "response_type": "code", "scope": "identify", "prompt": "none"}
    cookie = b"Cookie: sandbox-discord=%s\r\n" % person.session.encode()
    target = f"/oauth2/authorize?{urlencode(query)}".encode()
    answer = await connection.send(request("GET", origin, target, cookie), 303)
    code = answer.field(b"location").partition(b"code=")[2].partition(b"&")[0]
    form = {**asked, "client_secret": CLIENT_SECRET, "grant_type": "authorization_code"}
    return b"%s&code=%s" % (urlencode(form).encode(), code)


async def _two_calls(connection: Connection, origin: str, form: bytes) -> None:
    exchange = request("POST", origin, b"/api/v10/oauth2/token", _AGENT, form)
    access_token = json.loads((await connection.send(exchange, 200)).body)["access_token"]
    fields = b"%sAuthorization: Bearer %s\r\n" % (_AGENT, access_token.encode())
    await connection.send(request("GET", origin, b"/api/v10/users/@me", fields), 200)


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[98]
