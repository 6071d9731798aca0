"""The simulated OpenID provider as one ASGI application."""

from functools import cached_property

from starlette.types import ASGIApp

from snowflake.sandbox.failures import Failure
from snowflake.sandbox.upstream.discovery import issuer_at
from snowflake.sandbox.upstream.paths import ROUTES, Route
from snowflake.sandbox.upstream.routes import application
from snowflake.sandbox.upstream.state import State


class SimulatedProvider(State):
    """A provider in memory: arrange its state, serve it, look at what it was asked.

    Its issuer is ``issuer_at(origin)``, wherever it is served. Served on one thread; state and
    failures may be changed from any other.
    """

    @staticmethod
    def issuer_at(origin: str) -> str:
        """Return the issuer of a provider that is served at an origin."""
        return issuer_at(origin)

    def asked(self, route: Route) -> int:
        """Return how often a route was asked."""
        return sum(self._route(record.path) == route for record in self.requests)

    def go_down(self) -> None:
        """Drop every connection, until :meth:`heal`."""
        for route in ROUTES.values():
            self.fail(route, Failure.DROPPED_BEFORE, times=None)

    @cached_property
    def _endpoints(self) -> ASGIApp:
        return application(self)

    def _route(self, path: str) -> Route | None:
        return ROUTES.get(path)
