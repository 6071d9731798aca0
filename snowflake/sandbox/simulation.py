"""What every simulation is: a server in memory that records, fails as planned, and answers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Generic, Protocol, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snowflake.sandbox import faults
from snowflake.sandbox.failures import Failure, Failures
from snowflake.sandbox.requests import RecordedRequest, read
from snowflake.sandbox.transport import connection


class Account(Protocol):
    """Somebody who signs in by a name."""

    @property
    def username(self) -> str:
        """The name."""
        ...


Route = TypeVar("Route", bound=str)
Person = TypeVar("Person", bound=Account)


class Simulation(ABC, Generic[Route, Person]):
    """Let it fail, serve :attr:`app`, look at what it was asked.

    ``people`` are by ID. ``clock`` gives seconds since the epoch. Served on one thread; failures
    may be planned, and requests looked at, from any other.
    """

    def __init__(self, people: dict[str, Person], clock: Callable[[], float]) -> None:
        self.people = people
        self.clock = clock
        self._failures = Failures()
        self._requests: list[RecordedRequest] = []

    @property
    @abstractmethod
    def _endpoints(self) -> ASGIApp:
        """What answers a request that meets no failure."""

    @abstractmethod
    def _route(self, path: str) -> Route | None:
        """Return the name by which a test lets a path fail."""

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """What was asked so far, oldest first."""
        return tuple(self._requests)

    def named(self, username: str) -> Person:
        """Return a person by their username. Raises LookupError for one whom nobody knows."""
        for person in list(self.people.values()):
            if person.username == username:
                return person
        raise LookupError(f"nobody is named {username}")

    def fail(
        self,
        route: Route,
        failure: Failure,
        *,
        times: int | None = 1,
        seconds: float = 1.0,
        fields: Mapping[str, object] | None = None,
    ) -> None:
        """Let the next requests of a route fail.

        ``times`` is how many of them; None means all, until :meth:`heal`. ``seconds`` is how long
        SLOW takes and how long the rate limits ask to wait. ``fields`` are the values of ODD_FIELDS
        by name, ``LEFT_OUT`` for one that is not to be there. Several failures of a route happen
        one after the other. Raises ValueError for a failure that the route cannot have.
        """
        self._failures.plan(route, failure, times, seconds, fields or {})

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
            await self._endpoints(scope, receive, send)
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

        # No endpoint reads the body; the record has it.
        known = {"sandbox.record": record, "sandbox.wire": partial(connection, send)}
        await self._answer({**scope, **known}, receive, recording)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request that is recorded, as far as the failure that it meets lets it."""
        with self._failures.meet(self._route(scope["path"])) as met:
            await faults.respond(met, self._endpoints, scope, receive, send)
