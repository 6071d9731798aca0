"""Errors become responses here: JSON for applications, pages for people."""

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.errors import (
    AuthorizationPending,
    Busy,
    DeviceDenied,
    LinkError,
    LinkLimited,
    LoginDenied,
    LoginError,
    NotLinked,
    OAuthError,
    StaleAnswer,
    TemporarilyUnavailable,
)
from snowflake.linked_roles.paths import EVENTS, HOOK, START, UNLINK
from snowflake.oidc.outcomes import login_ended
from snowflake.protocol.paths import (
    AUTHORIZE,
    CALLBACK,
    DEVICE_AUTHORIZATION,
    FORWARDING,
    INTROSPECT,
    REVOKE,
    TOKEN,
)
from snowflake.state import state_of
from snowflake.telemetry.audit import Event, audit
from snowflake.telemetry.metrics import LINKS, LOGINS
from snowflake.web.audiences import is_for_applications
from snowflake.web.messages import message_of
from snowflake.web.pages import (
    THIS_PAGE,
    THIS_PAGE_ALONE,
    Link,
    Message,
    denial_page,
    error_page,
    links_of,
)

#: What the audit log calls whatever is refused at a path, if it hears of it.
_AUDITED: dict[str, Event] = {
    **dict.fromkeys((AUTHORIZE, CALLBACK, TOKEN, DEVICE_AUTHORIZATION), "login"),
    REVOKE: "revocation",
    INTROSPECT: "introspection",
    HOOK: "hook",
    EVENTS: "deauthorization",
}


async def oauth_error(request: Request, error: Exception) -> Response:
    """Answer an OAuth error as RFC 6749, section 5.2, has it, or as a page."""
    assert isinstance(error, OAuthError)  # noqa: S101
    name = error.log_name
    structlog.contextvars.bind_contextvars(error=name, reason=error.description)
    if isinstance(error, AuthorizationPending):
        request.scope["polled"] = True
    elif not isinstance(error, DeviceDenied):
        # Of who was denied it was told when they were.
        _count(request, name)
    if isinstance(error, Busy):
        request.scope["busy"] = True
    if isinstance(error, TemporarilyUnavailable) and error.cause is not None:
        structlog.contextvars.bind_contextvars(cause=error.cause)
    if _is_for_application(request):
        return _json(error.code, error.description, error.status, dict(error.headers))
    message, links = message_of(error), _links(request, error)
    return error_page(request, message, status=error.status, headers=_retry(error), links=links)


async def login_error(request: Request, error: Exception) -> Response:
    """Answer a login that cannot go on: a page without a link, since nobody vouched for one."""
    assert isinstance(error, LoginError)  # noqa: S101
    name = type(error).__name__
    structlog.contextvars.bind_contextvars(error=name, reason=error.title)
    _count(request, name)
    message = Message(error.title, error.explanation, error.advice)
    return error_page(request, message, status=error.status, links=links_of(error.ways))


async def link_error(request: Request, error: Exception) -> Response:
    """Answer linking that cannot go on: a page from which the person can start again."""
    assert isinstance(error, LinkError)  # noqa: S101
    name = type(error).__name__
    structlog.contextvars.bind_contextvars(error=name, side=error.side)
    if error.cause is not None:
        structlog.contextvars.bind_contextvars(cause=error.cause)
    LINKS.labels(name).inc()
    audit("unlink" if error.unlinking else "link", name)
    words = (error.title, error.explanation, error.advice)
    title, explanation, advice = (text.format(side=error.side) for text in words)
    start = UNLINK if error.unlinking else START
    again = Link("Start again", state_of(request).settings.path + start)
    links = [] if isinstance(error, NotLinked) else [again]
    message = Message(title, explanation, advice)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, LinkLimited) else None
    return error_page(request, message, status=error.status, headers=headers, links=links)


async def login_denied(request: Request, error: Exception) -> Response:
    """Answer a person who may not sign in, with links to what they can do about it."""
    assert isinstance(error, LoginDenied)  # noqa: S101
    structlog.contextvars.bind_contextvars(
        error="access_denied", reason=f"the person may not sign in: {error.denial.policies}"
    )
    login_ended("access_denied")
    return denial_page(request, error.denial)


async def http_error(request: Request, error: Exception) -> Response:
    """Answer what routing refuses: unknown paths and wrong methods."""
    assert isinstance(error, HTTPException)  # noqa: S101
    if _is_for_application(request):
        return _json("invalid_request", error.detail, error.status_code, dict(error.headers or {}))
    message = Message(
        title="There is nothing here",
        explanation="This address belongs to a sign-in service. It has no page of its own.",
        advice="To sign in, go to the service that you want to use.",
    )
    return error_page(request, message, status=error.status_code, headers=error.headers)


def unexpected_error(request: Request) -> Response:
    """Answer what should not have happened, without a word of what it was."""
    _count(request, "server_error")
    if _is_for_application(request):
        return _json("server_error", "something went wrong in Snowflake", 500, {})
    message = Message(
        title="Something went wrong on our side",
        explanation="This sign-in service stumbled over the request. What happened is in its log.",
        advice="Try again. If it goes on, tell whoever runs it, and give them the reference below.",
    )
    return error_page(request, message, status=500)


def _links(request: Request, error: OAuthError) -> list[Link]:
    """Answer the way on from an error, if there is one."""
    if isinstance(error, StaleAnswer):
        return [Link("Load it once more", THIS_PAGE_ALONE)]
    # Nothing is spent: what was under way goes on. What came in a form would not be sent again.
    can_go_on = isinstance(error, TemporarilyUnavailable) and request.scope.get("method") == "GET"
    return [Link("Try again", THIS_PAGE)] if can_go_on else []


def _count(request: Request, outcome: str) -> None:
    """Count a login that ends here, and audit it. The outcome is what the log calls its error."""
    path = request.scope["path"]
    is_forwarding = path.startswith(FORWARDING)
    if path in {TOKEN, CALLBACK} or is_forwarding:
        LOGINS.labels(outcome).inc()
    event = "login" if is_forwarding else _AUDITED.get(path)
    if event is not None:
        audit(request.scope.get("audited", event), outcome)


def _is_for_application(request: Request) -> bool:
    return is_for_applications(request.scope["path"])


def _retry(error: OAuthError) -> dict[str, str]:
    # A challenge would make browsers ask people for a password.
    return {name: value for name, value in error.headers.items() if name == "Retry-After"}


def _json(code: str, description: str, status: int, headers: dict[str, str]) -> Response:
    body = {"error": code, "error_description": description}
    return JSONResponse(body, status, headers)
