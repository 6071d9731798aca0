import html
import inspect
import re

import pytest
import structlog
from prometheus_client import REGISTRY
from starlette.requests import Request
from starlette.routing import Route

from snowflake import errors
from snowflake.errors import (
    AccessDenied,
    Back,
    Busy,
    Denial,
    DiscordDown,
    LoginDenied,
    LoginError,
    OAuthError,
    Refusal,
    StoreDown,
    TemporarilyUnavailable,
    TooManyRequests,
)
from snowflake.web.errors import login_denied, login_error, oauth_error
from tests.running import Snowflake

OAUTH_ERRORS = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, OAuthError) and value is not OAuthError
]
WAITS = [error for error in OAUTH_ERRORS if issubclass(error, TemporarilyUnavailable)]
LOGIN_ERRORS = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, LoginError) and value is not LoginError
]


def request_to(path: str) -> Request:
    return Request({"type": "http", "path": path, "root_path": "", "request_id": "abc"})


@pytest.mark.parametrize("error", OAUTH_ERRORS, ids=lambda error: error.__name__)
async def test_an_application_reads_the_error_as_json(error: type[OAuthError]) -> None:
    raised = error("what is wrong")
    response = await oauth_error(request_to("/token"), raised)
    assert response.status_code == raised.status
    assert response.media_type == "application/json"
    assert bytes(response.body) == (
        f'{{"error":"{raised.code}","error_description":"what is wrong"}}'.encode()
    )
    assert {name.lower() for name in raised.headers} <= set(response.headers)


@pytest.mark.parametrize("error", OAUTH_ERRORS, ids=lambda error: error.__name__)
async def test_a_person_reads_the_same_error_as_a_page(error: type[OAuthError]) -> None:
    raised = error("what is wrong")
    response = await oauth_error(request_to("/authorize"), raised)
    assert response.status_code == raised.status
    assert response.media_type == "text/html"
    page = bytes(response.body).decode()
    # Of Discord being down there is more to say.
    assert ("has answered nobody since" if error is DiscordDown else "what is wrong") in page
    assert "abc" in page
    assert "www-authenticate" not in response.headers
    assert response.headers.get("retry-after") == raised.headers.get("Retry-After")


@pytest.mark.parametrize("error", WAITS, ids=lambda error: error.__name__)
async def test_who_has_only_to_wait_is_not_sent_to_the_application(
    error: type[OAuthError],
) -> None:
    response = await oauth_error(request_to("/callback"), error("what is wrong"))
    page = html.unescape(bytes(response.body).decode())
    known = (
        "<h1>(Discord can't be asked|Discord is not answering|Please wait|This can't be done right "
        "now|This sign-in service can't ask its database)"
    )
    assert re.search(known, page)
    # Discord is named where it is to blame, and nowhere else.
    assert ("Discord" in page) is not issubclass(error, Busy | StoreDown | TooManyRequests)
    assert "mend this yourself" not in page


@pytest.mark.parametrize("error", LOGIN_ERRORS, ids=lambda error: error.__name__)
async def test_a_login_that_cannot_go_on_is_a_page_without_a_link(error: type[LoginError]) -> None:
    response = await login_error(request_to("/r/x"), error())
    page = html.unescape(bytes(response.body).decode())
    assert response.status_code == 400
    assert error.title in page
    assert error.explanation in page
    assert error.advice in page
    assert "href" not in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (7200, "2 hours"),
    ],
)
async def test_a_page_says_since_when_discord_is_down(seconds: int, words: str) -> None:
    error = DiscordDown("Discord is not answering", 7, since=1_800_000_000, lasting=seconds)
    response = await oauth_error(request_to("/authorize"), error)
    page = bytes(response.body).decode()
    assert f"since 08:00 UTC, {words} ago" in page
    assert response.headers["retry-after"] == "7"


def denials_counted() -> float:
    labels = {"outcome": "access_denied"}
    return REGISTRY.get_sample_value("snowflake_logins_total", labels) or 0.0


async def test_a_denial_is_a_page_counted_and_logged_by_its_policies() -> None:
    refusals = (Refusal("any_guild", "Join."), Refusal("two_factor", "Switch it on."))
    denied = LoginDenied(Denial(refusals, "Grafana", "nelly", "https://a/", Back("https://b/")))
    structlog.contextvars.clear_contextvars()
    before = denials_counted()
    response = await login_denied(request_to("/callback"), denied)
    assert response.status_code == 403
    assert "Switch it on." in bytes(response.body).decode()
    assert denials_counted() == before + 1
    assert structlog.contextvars.get_contextvars() == {
        "error": "access_denied",
        "reason": "the person may not sign in: any_guild, two_factor",
    }


async def test_a_denial_at_the_token_endpoint_is_logged_as_one() -> None:
    structlog.contextvars.clear_contextvars()
    before = denials_counted()
    denied = AccessDenied("the person may not sign in: any_guild")
    response = await oauth_error(request_to("/token"), denied)
    assert response.status_code == 400
    assert b'"error":"invalid_grant"' in bytes(response.body)
    assert denials_counted() == before + 1
    assert structlog.contextvars.get_contextvars()["error"] == "access_denied"


async def test_a_denial_ends_any_request_that_raises_it(snowflake: Snowflake) -> None:
    def deny(_: Request) -> None:
        refusals = (Refusal("any_guild", "Join."),)
        raise LoginDenied(Denial(refusals, "Grafana", "nelly", "https://a/", Back("https://b/")))

    snowflake.app.router.routes.append(Route("/denied", deny))
    response = await snowflake.browser.get("/denied")
    assert response.status_code == 403
    assert "<li>Join.</li>" in response.text
    assert f"<code>{response.headers['x-request-id']}</code>" in response.text
    assert response.headers["cache-control"] == "no-store"
