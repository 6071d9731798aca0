"""The way to a route: at once by a path without parameters, else as Starlette finds it."""

from functools import cached_property

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send


class Dispatch:
    """Serves a request for a path that a route has word for word, by a method that it allows.

    Starlette's router, which tries one route after the other, serves all else: paths with
    parameters, unknown ones, methods that a path does not allow, and whatever is no request.
    """

    def __init__(self, router: Router) -> None:
        self.router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        key = scope.get("method", ""), scope.get("path", "")
        # With a root path, the route's path is not the whole one.
        route = None if scope.get("root_path") else self._routes.get(key)
        if route is None:
            await self.router(scope, receive, send)
            return
        scope["router"], scope["route"], scope["endpoint"] = self.router, route, route.endpoint
        scope["path_params"] = {}
        await route.app(scope, receive, send)

    @cached_property
    def _routes(self) -> dict[tuple[str, str], Route]:
        """Every method and path without parameters, and its route: the first one, as in the router.

        Looked up at the first request, since routes may be added until then.
        """
        exact: dict[tuple[str, str], Route] = {}
        for route in self.router.routes:
            if isinstance(route, Route) and not route.param_convertors:
                for method in route.methods or ():
                    exact.setdefault((method, route.path), route)
        return exact
