"""What servers are asked again and again, and the CPU time that it costs them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice

import uvloop

from snowflake.protocol.paths import JWKS, OPENID_CONFIGURATION
from tests.benchmarks.browser import PEOPLE, Browser, authorization_request, browsers
from tests.benchmarks.connection import Connection
from tests.benchmarks.discord import CLIENT_ID
from tests.benchmarks.guests import Guest, guests
from tests.benchmarks.load import work
from tests.benchmarks.messages import request
from tests.benchmarks.proc import cpu_seconds
from tests.benchmarks.processes import Discord, Server
from tests.benchmarks.registered import CLIENT

Worker = Callable[[str], Awaitable[object]]
#: Prepares some workers, which nobody measures, and lets them go afterwards.
Workers = Callable[[int, Server, Discord], AbstractAsyncContextManager[list[Worker]]]


@dataclass(frozen=True)
class Load:
    """A task that workers do again and again, and how many there are of it beside one login."""

    workers: Workers
    weight: int = 1

    def cost(self, server: Server, discord: Discord, at_once: int, tasks: int) -> float:
        """Have tasks done, so many at once; answer the CPU seconds of the server for each."""
        number, pid = tasks * self.weight, server.process.pid

        async def load() -> float:
            async with self.workers(at_once, server, discord) as ready:
                before = cpu_seconds(pid)
                await work(ready, islice(PEOPLE, number))
                return (cpu_seconds(pid) - before) / number

        return uvloop.run(load())


@asynccontextmanager
async def _browsers(
    task: Callable[[Browser], Worker], client_id: str, number: int, server: Server, discord: Discord
) -> AsyncIterator[list[Worker]]:
    async with browsers(number, server.origin, discord, client_id) as opened:
        yield [task(browser) for browser in opened]


@asynccontextmanager
async def _guests(
    task: Callable[[Guest], Worker], number: int, server: Server, discord: Discord
) -> AsyncIterator[list[Worker]]:
    async with guests(number, server, discord, CLIENT) as arrived:
        yield [task(guest) for guest in arrived]


@asynccontextmanager
async def _connections(
    ask: Callable[[str], bytes], status: int, number: int, server: Server, _: Discord
) -> AsyncIterator[list[Worker]]:
    asked = ask(server.origin)
    connections = [await Connection.open(server.origin) for _ in range(number)]

    def worker(connection: Connection) -> Worker:
        return lambda _: connection.send(asked, status)

    try:
        yield [worker(connection) for connection in connections]
    finally:
        for connection in connections:
            connection.close()


def of_browsers(task: Callable[[Browser], Worker], client_id: str) -> Load:
    """Let a browser that nobody knows do something for one new person after the other."""
    return Load(partial(_browsers, task, client_id))


def of_guests(task: Callable[[Guest], Worker], weight: int = 1) -> Load:
    """Let a person who has signed in before, at the registered client, do something."""
    return Load(partial(_guests, task), weight)


def of_answers(ask: Callable[[str], bytes], status: int, weight: int) -> Load:
    """Ask the same again and again. ``ask`` writes the request for an origin."""
    return Load(partial(_connections, ask, status), weight)


def get(path: str) -> Callable[[str], bytes]:
    """Ask for a path."""
    return partial(request, "GET", target=path.encode())


LOADS = {
    "logins": of_browsers(lambda browser: browser.sign_in, CLIENT_ID),
    "registered": of_browsers(lambda browser: browser.sign_in, CLIENT),
    "sso": of_guests(lambda guest: guest.enter),
    "refresh": of_guests(lambda guest: guest.refresh, weight=2),
    "authorize": of_answers(authorization_request, 302, weight=10),
    "discovery": of_answers(get(OPENID_CONFIGURATION), 200, weight=20),
    "jwks": of_answers(get(JWKS), 200, weight=20),
}
