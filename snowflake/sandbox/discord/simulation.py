"""The simulated Discord as one ASGI application."""

import re
import time
from collections.abc import Callable, Iterable
from functools import partial

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snowflake.sandbox.discord import faults
from snowflake.sandbox.discord.answers import blocked
from snowflake.sandbox.discord.applications import Application
from snowflake.sandbox.discord.bans import Bans
from snowflake.sandbox.discord.failures import Failure, Failures, Route
from snowflake.sandbox.discord.guilds import Guild
from snowflake.sandbox.discord.people import Person
from snowflake.sandbox.discord.places import COLLECTED, GUILDS
from snowflake.sandbox.discord.requests import RecordedRequest, read
from snowflake.sandbox.discord.routes import API, application
from snowflake.sandbox.discord.state import State
from snowflake.sandbox.discord.transport import connection

ROUTES: dict[str, Route] = {
    "/oauth2/authorize": "authorize",
    f"{API}/oauth2/token": "token",
    f"{API}/oauth2/token/revoke": "revoke",
    f"{API}/users/@me": "me",
    f"{API}/users/@me/guilds": "guilds",
    f"{API}/users/@me/guilds/*/member": "member",
    f"{API}/guilds/*/members/*": "guild_member",
    f"{API}/guilds/*/roles": "roles",
    f"{API}/applications/@me": "application",
    f"{API}/applications/*/role-connections/metadata": "metadata",
    f"{API}/users/@me/applications/*/role-connection": "role_connection",
}
"""Path, with a star for an ID → the name by which a test lets it fail."""
_ID = re.compile(r"(/guilds/|/members/|/applications/(?!@me))[^/]+")


class SimulatedDiscord(State):
    """A Discord in memory: arrange its state, serve :attr:`app`, look at what it was asked.

    The authorization page is at ``/oauth2/authorize``, the API at ``/api/v10``. ``clock`` gives
    seconds since the epoch. Served on one thread; state and failures may be changed, and requests
    looked at, from any other.
    """

    def __init__(
        self,
        applications: Iterable[Application] = (),
        people: Iterable[Person] | None = None,
        guilds: Iterable[Guild] = (*GUILDS, *COLLECTED),
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(applications, people, guilds, clock)
        self.failures = Failures()
        self._requests: list[RecordedRequest] = []
        self._bans = Bans(clock)
        self._routes = application(self)

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """What was asked so far, oldest first."""
        return tuple(self._requests)

    @property
    def invalid_answers(self) -> int:
        """How many answers of the last 10 minutes count towards a ban of the address."""
        return self._bans.count

    def fail(
        self, route: Route, failure: Failure, *, times: int | None = 1, seconds: float = 1.0
    ) -> None:
        """Let the next requests of a route fail.

        ``times`` is how many of them; None means all, until :meth:`heal`. ``seconds`` is how long
        SLOW takes and how long the rate limits ask to wait. Several failures of a route happen one
        after the other. Raises ValueError for a failure that the route cannot have.
        """
        self.failures.plan(route, failure, times, seconds)

    def heal(self) -> None:
        """End all failures; requests that hang are answered now."""
        self.failures.heal()

    def remove(self, application: str, person: str) -> None:
        """Let a person remove an application from their account; both by ID. No grant remains."""
        self.grants.remove(application, person)
        self.role_connections.remove(application, person)

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
                if _is_api(record):
                    self._bans.note(Headers(raw=message["headers"]), message["status"])
            await send(message)

        async def work(send: Send) -> None:
            # No endpoint reads the body; the record has it.
            routes = self._routes if _admits(record) else blocked()
            await routes({**scope, "sandbox.record": record}, receive, send)

        if self._bans.is_banned and _is_api(record):
            await blocked()(scope, receive, recording)
            return
        with self.failures.meet(_route(record.path)) as met:
            wire = partial(connection, send)
            await faults.respond(met, work, scope, receive, recording, wire)


def _route(path: str) -> Route | None:
    return ROUTES.get(_ID.sub(r"\1*", path))


def _admits(record: RecordedRequest) -> bool:
    """Tell whether the proxy in front of Discord lets a request pass."""
    agent = record.headers.get("user-agent", "")
    return agent.startswith("DiscordBot (") or not _is_api(record)


def _is_api(record: RecordedRequest) -> bool:
    # People come from addresses of their own.
    return record.path.startswith("/api/")
