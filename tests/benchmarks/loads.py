"""What two Snowflakes are asked side by side, and what it costs them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice

import uvloop

from tests.benchmarks.browser import PEOPLE, authorization_request, browsers
from tests.benchmarks.connection import Connection
from tests.benchmarks.discord import CLIENT_ID
from tests.benchmarks.guests import Guest, guests
from tests.benchmarks.load import work
from tests.benchmarks.messages import request
from tests.benchmarks.proc import cpu_seconds
from tests.benchmarks.processes import Discord
from tests.benchmarks.registered import CLIENT
from tests.serving import Snowflake

Worker = Callable[[str], Awaitable[object]]
#: Prepares some workers, which nobody measures, and lets them go afterwards.
Workers = Callable[[int, Snowflake, Discord], AbstractAsyncContextManager[list[Worker]]]


@dataclass(frozen=True)
class Load:
    """A task that workers do again and again, and how many there are of it beside one login."""

    workers: Workers
    weight: int = 1

    def cost(self, snowflake: Snowflake, discord: Discord, at_once: int, tasks: int) -> float:
        """Have tasks done, so many at once; answer the CPU seconds of Snowflake for each."""
        number, pid = tasks * self.weight, snowflake.process.pid

        async def load() -> float:
            async with self.workers(at_once, snowflake, discord) as ready:
                before = cpu_seconds(pid)
                await work(ready, islice(PEOPLE, number))
                return (cpu_seconds(pid) - before) / number

        return uvloop.run(load())


@asynccontextmanager
async def _logins(
    client_id: str, number: int, snowflake: Snowflake, discord: Discord
) -> AsyncIterator[list[Worker]]:
    async with browsers(number, snowflake.origin, discord, client_id) as opened:
        yield [browser.sign_in for browser in opened]


@asynccontextmanager
async def _guests(
    task: Callable[[Guest], Worker], number: int, snowflake: Snowflake, discord: Discord
) -> AsyncIterator[list[Worker]]:
    async with guests(number, snowflake, discord, CLIENT) as arrived:
        yield [task(guest) for guest in arrived]


@asynccontextmanager
async def _route(
    ask: Callable[[str], bytes], status: int, number: int, snowflake: Snowflake, _: Discord
) -> AsyncIterator[list[Worker]]:
    asked = ask(snowflake.origin)
    connections = [await Connection.open(snowflake.origin) for _ in range(number)]

    def worker(connection: Connection) -> Worker:
        return lambda _: connection.send(asked, status)

    try:
        yield [worker(connection) for connection in connections]
    finally:
        for connection in connections:
            connection.close()


def _document(path: bytes) -> Load:
    return Load(partial(_route, lambda origin: request("GET", origin, path), 200), weight=20)


LOADS = {
    "logins": Load(partial(_logins, CLIENT_ID)),
    "registered": Load(partial(_logins, CLIENT)),
    "sso": Load(partial(_guests, lambda guest: guest.enter)),
    "refresh": Load(partial(_guests, lambda guest: guest.refresh), weight=2),
    "authorize": Load(partial(_route, authorization_request, 302), weight=10),
    "discovery": _document(b"/.well-known/openid-configuration"),
    "jwks": _document(b"/.well-known/jwks.json"),
}
