"""One server for all tests of the sandbox; each test puts its own application behind it."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from snowflake.sandbox.serving import serving

TIMEOUT = 30.0


class Switch:
    """An application that passes everything on to another."""

    target: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.target(scope, receive, send)


@pytest.fixture(scope="session")
def switch() -> Switch:
    return Switch()


@pytest.fixture(scope="session")
def origin(switch: Switch) -> Iterator[str]:
    """Where the application behind the switch is reached."""
    with serving(switch) as origin:
        yield origin


@pytest.fixture(scope="session")
def _browser(origin: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=origin, trust_env=False, timeout=TIMEOUT) as browser:
        yield browser


@pytest.fixture
def browser(_browser: httpx.Client) -> httpx.Client:
    """A browser that has no cookies, and stops at redirects, so that tests can read them."""
    _browser.cookies.clear()
    _browser.follow_redirects = False
    return _browser
