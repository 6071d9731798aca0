"""The one place that wires: settings in, ASGI application out."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from snowflake import __version__
from snowflake.errors import LoginError, OAuthError
from snowflake.logs import configure_logs
from snowflake.settings import Settings, load_settings
from snowflake.state import State
from snowflake.web.errors import http_error, login_error, oauth_error
from snowflake.web.middleware import BasePath, CrossOrigin, Faults, Guard, RequestLog
from snowflake.web.routes import routes

_log = structlog.get_logger(__name__)


def create_app(settings: Settings, clock: Callable[[], float] = time.time) -> Starlette:
    """Make the application. The store and all connections are opened when it starts.

    ``clock`` tells Unix time in seconds.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with State.open(settings, clock, wait=True) as state, state.working():
            app.state.snowflake = state
            _log.info("started", version=__version__, issuer=settings.issuer or "as reached")
            yield

    app = Starlette(
        routes=routes(settings),
        lifespan=lifespan,
        middleware=[
            Middleware(BasePath, base_path=settings.path),
            Middleware(RequestLog),
            Middleware(CrossOrigin),
            Middleware(Faults),
            Middleware(Guard, settings=settings),
        ],
        exception_handlers={
            OAuthError: oauth_error,
            LoginError: login_error,
            HTTPException: http_error,
        },
    )
    # Applications follow no redirect from a URL that discovery lists.
    app.router.redirect_slashes = False
    return app


def serve_app() -> Starlette:
    """Make the application of ``snowflake serve``, in each of its worker processes."""
    settings = load_settings()
    configure_logs(settings)
    return create_app(settings)
