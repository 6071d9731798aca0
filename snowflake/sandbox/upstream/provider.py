"""The simulated OpenID provider as one ASGI application."""

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, Literal

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snowflake.sandbox.discord import faults
from snowflake.sandbox.discord.failures import Failure, Failures
from snowflake.sandbox.discord.requests import RecordedRequest, read
from snowflake.sandbox.discord.transport import connection
from snowflake.sandbox.upstream.clients import Client
from snowflake.sandbox.upstream.discovery import BASE, SLUG, issuer_at
from snowflake.sandbox.upstream.people import PEOPLE, Person
from snowflake.sandbox.upstream.routes import application
from snowflake.sandbox.upstream.state import State

Route = Literal["discovery", "jwks", "authorize", "token", "userinfo", "revoke"]
"""The routes that can fail."""

ROUTES: Final[dict[str, Route]] = {
    f"{BASE}/{SLUG}/.well-known/openid-configuration": "discovery",
    f"{BASE}/{SLUG}/jwks/": "jwks",
    f"{BASE}/authorize/": "authorize",
    f"{BASE}/token/": "token",
    f"{BASE}/userinfo/": "userinfo",
    f"{BASE}/revoke/": "revoke",
}
"""Path → the name by which a test lets it fail."""


class SimulatedProvider(State):
    """A provider in memory: arrange its state, serve it, look at what it was asked.

    Its issuer is ``issuer_at(origin)``, wherever it is served. ``clock`` gives seconds since the
    epoch. Served on one thread; state and failures may be changed from any other.
    """

    def __init__(
        self,
        clients: Iterable[Client] = (),
        people: Iterable[Person] = PEOPLE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(clients, people, clock)
        self._failures = Failures()
        self._requests: list[RecordedRequest] = []
        self._routes = application(self)

    @staticmethod
    def issuer_at(origin: str) -> str:
        """Return the issuer of a provider that is served at an origin."""
        return issuer_at(origin)

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """What was asked so far, oldest first."""
        return tuple(self._requests)

    def asked(self, route: Route) -> int:
        """Return how often a route was asked."""
        return sum(ROUTES.get(record.path) == route for record in self.requests)

    def fail(
        self, route: Route, failure: Failure, *, times: int | None = 1, seconds: float = 1.0
    ) -> None:
        """Let the next requests of a route fail.

        ``times`` is how many of them; None means all, until :meth:`heal`. ``seconds`` is how long
        SLOW takes. Raises ValueError for a failure that the route cannot have.
        """
        self._failures.plan(route, failure, times, seconds)

    def go_down(self) -> None:
        """Drop every connection, until :meth:`heal`."""
        for route in ROUTES.values():
            self.fail(route, Failure.DROPPED_BEFORE, times=None)

    def heal(self) -> None:
        """End all failures; requests that hang are answered now."""
        self._failures.heal()

    @property
    def app(self) -> ASGIApp:
        """The ASGI application: this object, which every server knows how to call."""
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._routes(scope, receive, send)
            return
        try:
            record = await read(scope, receive)
        except ClientDisconnect:
            return
        self._requests.append(record)

        async def recording(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
            await send(message)

        async def work(send: Send) -> None:
            await self._routes({**scope, "sandbox.record": record}, receive, send)

        with self._failures.meet(ROUTES.get(record.path)) as met:
            wire = partial(connection, send)
            await faults.respond(met, work, scope, receive, recording, wire)
