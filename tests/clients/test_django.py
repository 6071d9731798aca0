"""Django's three libraries for OpenID Connect, each in a site of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from snowflake.sandbox.discord.places import LIGHTHOUSE
from tests.clients.programs import python_of
from tests.journeys.browser import Browser
from tests.journeys.relying_party import RelyingParty
from tests.journeys.world import ADA, CLIENT_SECRET, World
from tests.serving import free_port, running

SITE = Path(__file__).parent / "django_site.py"
#: Where a login begins and ends, by library.
PATHS = {
    "allauth": ("/accounts/oidc/snowflake/login/", "/accounts/oidc/snowflake/login/callback/"),
    "mozilla": ("/oidc/authenticate/", "/oidc/callback/"),
    "social": ("/login/oidc/", "/complete/oidc/"),
}


@contextmanager
def site(library: str, party: RelyingParty, port: int, directory: Path) -> Iterator[str]:
    """Run it, and answer its origin."""
    said = {
        "library": library,
        "issuer": party.issuer,
        "client_id": party.client_id,
        "client_secret": CLIENT_SECRET,
        "port": port,
        "directory": str(directory),
    }
    command = [python_of("django"), str(SITE), json.dumps(said)]
    with running(command, directory / "site.log") as started:
        started.wait_for_http(f"http://127.0.0.1:{port}/who")
        yield f"http://localhost:{port}"


def begin(browser: Browser, origin: str, library: str) -> httpx.Response:
    """Go to Discord's page."""
    start = origin + PATHS[library][0]
    if library != "social":
        return browser.open(start)
    token = browser.open(f"{origin}/who").json()["token"]
    return browser.submit(start, {"csrfmiddlewaretoken": token})


@pytest.mark.parametrize("library", PATHS)
def test_a_site_learns_who_came(
    library: str, world: World, browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    party = world.party(redirect_uri=f"http://localhost:{port}{PATHS[library][1]}")
    with site(library, party, port, tmp_path) as origin:
        cancelled = browser.refuse(begin(browser, origin, library))
        assert cancelled.status_code < 500
        assert browser.open(f"{origin}/who").json()["username"] is None
        page = browser.allow(begin(browser, origin, library), ADA)
        assert page.url.path == "/who", page.text
        who = page.json()
        assert who["username"] == (ADA if library == "mozilla" else "ada.lindqvist")
        assert who["email"] == "ada@example.com"
        assert LIGHTHOUSE in who["groups"]
