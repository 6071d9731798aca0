"""What every request passes, outermost first: each class here does one thing."""

import logging
import re
import secrets
import time
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snowflake.errors import NotServed
from snowflake.settings import Settings
from snowflake.web.errors import oauth_error, unexpected_error
from snowflake.web.pages import SECURITY_HEADERS
from snowflake.web.paths import AUTHORIZATION_SERVER, CROSS_ORIGIN, UNGUARDED

_log = structlog.get_logger("snowflake.request")
MAX_PORT: Final = 65535
#: What the log says of a request whose sender did not wait for the answer.
CLIENT_CLOSED_REQUEST: Final = 499
_HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?")
HOST_REFUSED: Final = (
    "Snowflake may not be reached by this host name; name it in SNOWFLAKE_ALLOWED_HOSTS"
)
INSECURE: Final = (
    "Snowflake needs HTTPS; behind a reverse proxy set UVICORN_FORWARDED_ALLOW_IPS to its address"
)


class BasePath:
    """Takes the base path away, which a proxy may have stripped or not."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self.app, self.base_path = app, base_path
        # RFC 8414, section 3.1, puts the issuer's path behind the well-known name.
        self.metadata = AUTHORIZATION_SERVER + base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            scope["path"] = self._local(scope["path"])
        await self.app(scope, receive, send)

    def _local(self, path: str) -> str:
        if path == self.metadata:
            return AUTHORIZATION_SERVER
        if path == self.base_path:
            return "/"
        return path.removeprefix(self.base_path) if path.startswith(f"{self.base_path}/") else path


class RequestLog:
    """One log line a request, with an ID that error pages show, and security headers.

    The path is logged as its route: a query string or a redirect URI may hold anything.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, started, status = secrets.token_hex(8), time.perf_counter(), 0
        scope["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except ClientDisconnect:
            status = CLIENT_CLOSED_REQUEST
        _log.log(
            _level(status, watched=scope["path"] in UNGUARDED),
            "request",
            method=scope["method"],
            route=_route(scope),
            status=status,
            ms=round((time.perf_counter() - started) * 1000, 1),
            client=(scope.get("client") or ("", 0))[0],
        )


class CrossOrigin:
    """Lets scripts of any origin call the endpoints that need it, errors and preflight included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.cors = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["WWW-Authenticate", "Retry-After", "X-Request-ID"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        shared = scope["type"] == "http" and scope["path"] in CROSS_ORIGIN
        await (self.cors if shared else self.app)(scope, receive, send)


class Faults:
    """Turns what should not have happened into an answer, and into a traceback in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except ClientDisconnect:
            raise
        except Exception:
            if scope["type"] != "http":
                raise
            _log.exception("unexpected_error")
            if started:
                raise
            await unexpected_error(Request(scope))(scope, receive, send)


class Guard:
    """Lets a request in by an allowed host name and a secure connection only."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "http":
            request = Request(scope, receive)
            fault = self._fault(request)
            if fault and scope["path"] not in UNGUARDED:
                response = await oauth_error(request, NotServed(fault))
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _fault(self, request: Request) -> str | None:
        host = _HOST.fullmatch(request.headers.get("host", ""))
        if (
            not host
            or int(host["port"] or 0) > MAX_PORT
            or not self.settings.hosts.match(host["name"])
        ):
            return HOST_REFUSED
        if not self.settings.is_secure(request.scope["scheme"], host["name"]):
            return INSECURE
        return None


def _level(status: int, *, watched: bool) -> int:
    """Answer the log level of a request's line: warnings for refusals, errors for failures."""
    if status >= 500:  # noqa: PLR2004
        return logging.ERROR
    if status >= 400:  # noqa: PLR2004
        return logging.WARNING
    # Whoever watches the process asks all the time; those lines would hide the others.
    return logging.DEBUG if watched else logging.INFO


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return route.path if isinstance(route, Route | Mount) else "unknown"
