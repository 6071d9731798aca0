"""The one place that wires: settings in, ASGI application out."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Router
from starlette.types import ASGIApp, ExceptionHandler

from snowflake import __version__
from snowflake.configuration import load_settings
from snowflake.configuration.reloading import following
from snowflake.configuration.reverse_proxy import trusted_proxies
from snowflake.errors import LinkError, LoginDenied, LoginError, OAuthError
from snowflake.oidc.backchannel_logout.deliveries import telling_clients
from snowflake.oidc.watch.rounds import watching
from snowflake.settings import Settings
from snowflake.state import State
from snowflake.telemetry.logs import configure_logs
from snowflake.web.dispatch import Dispatch
from snowflake.web.errors import (
    http_error,
    link_error,
    login_denied,
    login_error,
    oauth_error,
)
from snowflake.web.guard import Guard
from snowflake.web.middleware import Faults, LocalPath, Preflight, RequestLog
from snowflake.web.reverse_proxy import ReverseProxy
from snowflake.web.routes import routes

#: What answers each kind of error.
ERRORS: Final[dict[type[Exception], ExceptionHandler]] = {
    OAuthError: oauth_error,
    LoginError: login_error,
    LoginDenied: login_denied,
    LinkError: link_error,
    HTTPException: http_error,
}

_log = structlog.get_logger(__name__)


def create_app(
    settings: Settings, clock: Callable[[], float] = time.time, *, reloads: bool = False
) -> Starlette:
    """Make the application. The store and all connections are opened when it starts.

    ``clock`` tells Unix time in seconds. With ``reloads``, SIGHUP makes it read the configuration
    again.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with (
            State.open(settings, clock, wait=True) as state,
            state.working(),
            _keeping_links_true(state),
            watching(state),
            telling_clients(state),
        ):
            app.state.snowflake = state
            _log.info("started", version=__version__, issuer=settings.issuer or "as reached")
            async with following(settings, state.take_up) if reloads else nullcontext():
                yield

    app = Starlette(routes=routes(settings), lifespan=lifespan)
    # Applications follow no redirect from a URL that discovery lists.
    app.router.redirect_slashes = False
    # In place of Starlette's own, which has one more for errors that ``Faults`` has answered.
    app.middleware_stack = _layers(app.router, settings)
    return app


def serve_app(settings: Settings | None = None) -> ReverseProxy:
    """Make the application of ``snowflake serve``, in each of its worker processes.

    Without ``settings``, they are read.
    """
    settings = settings or load_settings()
    configure_logs(settings)
    return ReverseProxy(create_app(settings, reloads=True), trusted_proxies())


def _keeping_links_true(state: State) -> AbstractAsyncContextManager[None]:
    if state.settings.linked_roles is None:
        return nullcontext()
    # Read where there are linked roles, as their routes are.
    from snowflake.linked_roles.background import keeping_true  # noqa: PLC0415

    return keeping_true(state)


def _layers(router: Router, settings: Settings) -> ASGIApp:
    """Answer what every request passes on its way to a route: the last one here comes first."""
    answered = ExceptionMiddleware(Dispatch(router), handlers=ERRORS)
    guarded = Faults(Guard(answered, settings))
    logged = RequestLog(Preflight(guarded), counted=settings.metrics is not None)
    return LocalPath(logged, base_path=settings.path)
