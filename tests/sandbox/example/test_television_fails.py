"""What a television shows of a login that comes to nothing."""

import httpx
import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.running import Clock
from tests.sandbox.example.test_television import allows, begin, provider, says, screen
from tests.sandbox.provider import Provider

__all__ = ["provider", "screen"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("access_denied", "was not allowed"),
        ("expired_token", "Nobody has entered the code in time"),
        ("invalid_grant", "did not accept the code"),
        ("invalid_client", "did not accept this application"),
    ],
)
def test_what_ends_it_is_told_with_a_way_to_begin_again(
    error: str, told: str, screen: httpx.Client, provider: Provider, clock: Clock
) -> None:
    begin(screen)
    says(provider, error)
    clock.pass_by(5)
    page = screen.get("/television/code")
    assert (page.status_code, page.url.path) == (400, "/television/result")
    assert told in page.text
    assert 'href="/television/login"' in page.text
    assert screen.get("/television/result.json").json()["error"] == error
    says(provider, "authorization_pending")
    assert "BCDF-GHJK" in begin(screen).text


def test_a_code_that_has_expired_is_not_asked_about(
    screen: httpx.Client, provider: Provider, clock: Clock
) -> None:
    begin(screen)
    clock.pass_by(600)
    assert "Nobody has entered the code in time" in screen.get("/television/code").text
    assert provider.tokens_asked == 0


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"error": "unauthorized_client", "error_description": "Not for you."}, 400),
        JSONResponse({}, 200),
        JSONResponse([], 200),
        JSONResponse({"error": 1}, 400),
        HTMLResponse("It works"),
        Response("", 500),
    ],
)
def test_codes_that_are_none_are_told(
    answer: Response, screen: httpx.Client, provider: Provider
) -> None:
    provider.broken["device_authorization"] = answer
    page = screen.get("/television/login")
    assert page.status_code in {400, 502}
    assert "You are not signed in" in page.text


@pytest.mark.parametrize(
    "answer", [JSONResponse({}), JSONResponse([]), HTMLResponse("x"), JSONResponse({}, 400)]
)
def test_tokens_that_are_none_are_told(
    answer: Response, screen: httpx.Client, provider: Provider, clock: Clock
) -> None:
    begin(screen)
    provider.broken["token"] = answer
    clock.pass_by(5)
    assert screen.get("/television/code").status_code == 502


def test_tokens_of_somebody_else_are_refused(
    screen: httpx.Client, provider: Provider, clock: Clock
) -> None:
    begin(screen)
    allows(provider)
    provider.userinfo_claims = {"sub": "another"}
    clock.pass_by(5)
    assert "another person" in screen.get("/television/code").text
