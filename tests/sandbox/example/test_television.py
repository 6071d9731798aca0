"""A television in front of a scripted provider, and a clock that moves when a test says so."""

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import JSONResponse

from snowflake.sandbox.example import Surroundings, Television
from tests.running import Clock
from tests.sandbox.conftest import Switch
from tests.sandbox.provider import CLIENT_ID, SUB, Provider

COMPLETE = "http://localhost:8001/device?user_code=BCDF-GHJK"


@pytest.fixture
def provider(provider: Provider) -> Provider:
    """A provider at which nobody has allowed anything yet."""
    provider.device = {"interval": 5, "verification_uri_complete": COMPLETE}
    says(provider, "authorization_pending")
    return provider


@pytest.fixture
def screen(browser: httpx.Client, switch: Switch, provider: Provider, clock: Clock) -> httpx.Client:
    """A browser that stands for the screen, and follows every redirect."""
    television = Television(provider.issuer, CLIENT_ID, Surroundings(), clock)
    switch.target = Starlette(
        routes=television.routes, middleware=[Middleware(SessionMiddleware, secret_key="key")]
    )
    browser.follow_redirects = True
    return browser


def says(provider: Provider, error: str, description: str | None = None, status: int = 400) -> None:
    """Let the provider answer so at the token endpoint."""
    body = {"error": error, "error_description": description}
    told = {name: value for name, value in body.items() if value is not None}
    provider.broken["token"] = JSONResponse(told, status)


def allows(provider: Provider) -> None:
    del provider.broken["token"]


def begin(screen: httpx.Client) -> httpx.Response:
    page = screen.get("/television/login")
    assert page.url.path == "/television/code"
    return page


def test_the_start_offers_to_sign_in(screen: httpx.Client) -> None:
    page = screen.get("/television")
    assert 'href="/television/login"' in page.text
    assert "/television/result" not in page.text
    for path in ("code", "result"):
        assert screen.get(f"/television/{path}").url.path == "/television"
    nobody = screen.get("/television/result.json")
    assert (nobody.status_code, nobody.json()["error"]) == (404, "not_signed_in")


def test_code_address_and_picture_are_shown(screen: httpx.Client, provider: Provider) -> None:
    page = begin(screen)
    assert provider.asked == {"client_id": CLIENT_ID, "scope": "openid profile email groups"}
    assert '<p class="user-code">BCDF-GHJK</p>' in page.text
    assert f"{provider.issuer}/device" in page.text
    assert f'href="{COMPLETE}" target="_blank" rel="noopener noreferrer"' in page.text
    assert "good for 10 minutes" in page.text
    # The picture needs no style that the policy would not let it have.
    [picture] = re.findall(r"<svg.*?</svg>", page.text.partition("qr")[2], re.DOTALL)
    assert "style" not in picture
    assert 'stroke="#000"' in picture
    # What is the television's own secret does not leave it.
    assert "d" * 40 not in page.text
    assert "d" * 40 not in str(screen.cookies)


def test_without_a_whole_address_the_short_one_does(
    screen: httpx.Client, provider: Provider
) -> None:
    provider.device = {}
    page = begin(screen)
    assert f'href="{provider.issuer}/device"' in page.text
    # And without an interval it is five seconds.
    assert 'data-seconds="5"' in page.text
    shown = screen.get("/television/result.json")
    assert shown.json() == {
        "user_code": "BCDF-GHJK",
        "verification_uri": f"{provider.issuer}/device",
    }
    assert shown.status_code == 202


def test_the_page_goes_on_with_a_script_and_without(screen: httpx.Client) -> None:
    page = begin(screen)
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page.text
    script = screen.get("/television/television.js")
    assert script.headers["content-type"].startswith("text/javascript")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'; connect-src 'self'" in policy
    assert "unsafe" not in policy


def test_it_asks_no_more_often_than_it_may(
    screen: httpx.Client, provider: Provider, clock: Clock
) -> None:
    begin(screen)
    for path in ("state", "code", "result", "result.json"):
        screen.get(f"/television/{path}")
    assert provider.tokens_asked == 0
    clock.pass_by(5)
    assert screen.get("/television/state").json() == {"seconds": 5}
    assert provider.redeemed == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "d" * 40,
        "client_id": CLIENT_ID,
    }
    clock.pass_by(4.5)
    assert screen.get("/television/state").json() == {"seconds": 1}
    assert provider.tokens_asked == 1


def test_it_slows_down_when_it_is_told_so(
    screen: httpx.Client, provider: Provider, clock: Clock
) -> None:
    begin(screen)
    says(provider, "slow_down")
    for seconds in (10, 15):
        clock.pass_by(seconds - 5)
        assert screen.get("/television/state").json() == {"seconds": seconds}
    says(provider, "authorization_pending")
    clock.pass_by(15)
    assert screen.get("/television/state").json() == {"seconds": 15}


def test_who_is_not_there_is_asked_less_and_less(
    screen: httpx.Client, provider: Provider, clock: Clock
) -> None:
    begin(screen)
    says(provider, "temporarily_unavailable", status=503)
    for seconds in (10, 20, 40):
        clock.pass_by(seconds / 2)
        assert screen.get("/television/state").json() == {"seconds": seconds}
    allows(provider)
    clock.pass_by(40)
    assert screen.get("/television/state").json() == {"next": "/television/result"}


def test_so_is_who_gives_no_answer(screen: httpx.Client, provider: Provider, clock: Clock) -> None:
    provider.documented = {"token_endpoint": "http://localhost:9/token"}
    begin(screen)
    clock.pass_by(5)
    assert screen.get("/television/state").json() == {"seconds": 10}


def test_who_has_allowed_it_is_signed_in(
    screen: httpx.Client, provider: Provider, clock: Clock
) -> None:
    begin(screen)
    allows(provider)
    clock.pass_by(5)
    page = screen.get("/television/code")
    assert (page.status_code, page.url.path) == (200, "/television/result")
    assert "Ada &lt;Lindqvist&gt;" in page.text
    assert page.text.count('<li class="card">') == 4
    assert screen.get("/television/result.json").json()["claims"]["sub"] == SUB
    assert "/television/result" in screen.get("/television").text
    for secret in ("a" * 40, "r" * 40, "d" * 40):
        assert secret not in page.text
    # It can be forgotten, which is all that there is to sign out of.
    assert 'action="/television/logout"' in page.text
    assert "/television/result" not in screen.post("/television/logout").text


def test_of_two_tabs_one_redeems_the_code_and_both_are_signed_in(
    screen: httpx.Client, provider: Provider, clock: Clock
) -> None:
    begin(screen)
    allows(provider)
    clock.pass_by(5)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: screen.get("/television/state").json(), range(4)))
    assert answers == [{"next": "/television/result"}] * 4
    assert provider.tokens_asked == 1
