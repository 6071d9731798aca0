"""What every request passes, outermost first: each class here does one thing."""

import logging
import re
import secrets
import time
from functools import cache
from typing import Final

import structlog
from prometheus_client import Counter, Histogram
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snowflake.protocol.paths import AUTHORIZATION_SERVER
from snowflake.settings.issuers import CLIENTS
from snowflake.telemetry.metrics import REQUEST_SECONDS, REQUESTS
from snowflake.web.audiences import is_cross_origin, is_polled
from snowflake.web.errors import unexpected_error
from snowflake.web.headers import EXPOSED, added_headers

_log = structlog.get_logger("snowflake.request")
#: What the log says of a request whose sender did not wait for the answer.
CLIENT_CLOSED_REQUEST: Final = 499
#: Methods that are counted by name. Any word may be sent as one, so the others share a label.
METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_SLASHES = re.compile(r"/{2,}")


class LocalPath:
    """Makes the path what it is below the issuer.

    The base path goes, which a proxy may have stripped or not; and of several slashes at the front,
    or behind a client's own issuer, one stays, since people who are asked for an issuer type a
    slash at its end.
    """

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self.app, self.base_path = app, base_path
        # RFC 8414, section 3.1, puts the issuer's path behind the well-known name. A client's own
        # issuer has more path than the base path.
        self.metadata = AUTHORIZATION_SERVER + base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            scope["path"] = self._local(scope["path"])
        await self.app(scope, receive, send)

    def _local(self, path: str) -> str:
        if path.startswith(self.metadata):
            return AUTHORIZATION_SERVER + path.removeprefix(self.metadata)
        if path.startswith(f"{self.base_path}/"):
            path = path.removeprefix(self.base_path)
        elif path == self.base_path:
            return "/"
        if path.startswith("//"):
            path = f"/{path.lstrip('/')}"
        return _SLASHES.sub("/", path) if path.startswith(CLIENTS) else path


class RequestLog:
    """One log line a request, with an ID that error pages show, and headers for every answer.

    The path is logged as its route: a query string or a redirect URI may hold anything. The same
    goes for what is ``counted``. The scope has ``status`` once an answer has begun.
    """

    def __init__(self, app: ASGIApp, *, counted: bool) -> None:
        # Assembling a logger would cost each request as much as its checks do.
        self.app, self.counted, self.log = app, counted, _log.bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, started = secrets.token_hex(8), time.perf_counter()
        scope["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        # Starlette answers a preflight with all that it needs.
        shared = scope["method"] != "OPTIONS" and is_cross_origin(scope["path"])

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["status"] = message["status"]
                headers = message.get("headers", ())
                own = frozenset([name for name, _ in headers])
                request_header = (b"x-request-id", request_id.encode())
                message["headers"] = [*headers, request_header, *added_headers(own, shared=shared)]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except ClientDisconnect:
            scope["status"] = CLIENT_CLOSED_REQUEST
        seconds = time.perf_counter() - started
        method, route, status = scope["method"], _route(scope), scope.get("status", 0)
        if self.counted:
            _requests(method if method in METHODS else "other", route, status).inc()
            _request_seconds(route).observe(seconds)
        level = _level(status, polled=is_polled(scope["path"]))
        if scope.get("busy"):
            # Nothing is out of order that somebody would have to get up for.
            level = min(level, logging.WARNING)
        if scope.get("polled"):
            # A refusal that is none, and comes every few seconds.
            level = logging.DEBUG
        if self.log.is_enabled_for(level):
            self.log.log(
                level,
                "request",
                method=method,
                route=route,
                status=status,
                ms=round(seconds * 1000, 1),
                client=(scope.get("client") or ("", 0))[0],
            )


class Preflight:
    """Lets scripts of any origin ask first whether they may call an endpoint that is for them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.preflight = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "POST"],
            # Whatever libraries and tracing add. It opens nothing: no answer depends on a cookie.
            allow_headers=["*"],
            expose_headers=EXPOSED,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asks = scope["type"] == "http" and scope["method"] == "OPTIONS"
        app = self.preflight if asks and is_cross_origin(scope["path"]) else self.app
        await app(scope, receive, send)


class Faults:
    """Turns what should not have happened into an answer, and into a traceback in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self.app(scope, receive, send)
        except ClientDisconnect:
            raise
        except Exception:
            if scope["type"] != "http":
                raise
            _log.exception("unexpected_error")
            if "status" in scope:
                raise
            await unexpected_error(Request(scope))(scope, receive, send)


def _level(status: int, *, polled: bool) -> int:
    """Answer the log level of a request's line: warnings for refusals, errors for failures."""
    if status >= 500:  # noqa: PLR2004
        return logging.ERROR
    if status >= 400:  # noqa: PLR2004
        return logging.WARNING
    # Those lines come all the time and would hide the others.
    return logging.DEBUG if polled else logging.INFO


def _route(scope: Scope) -> str:
    path: str = getattr(scope.get("route"), "path", "unknown")
    return path


# Prometheus' own way to them takes longer than the counting. Their labels are few.
@cache
def _requests(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status)


@cache
def _request_seconds(route: str) -> Histogram:
    return REQUEST_SECONDS.labels(route)
