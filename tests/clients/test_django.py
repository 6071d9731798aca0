"""Django's three libraries for OpenID Connect, each in a site of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from snowflake.sandbox.discord.places import LIGHTHOUSE
from tests.clients.programs import python_of
from tests.clients.signing_out import is_signed_in, logins_at_discord
from tests.journeys.browser import Browser
from tests.journeys.relying_party import RelyingParty
from tests.journeys.world import ADA, CLIENT_SECRET, World
from tests.serving import free_port, running
from tests.web.forms import form_in

SITE = Path(__file__).parent / "django_site.py"
#: Where a login begins and ends, by library.
PATHS = {
    "allauth": ("/accounts/oidc/snowflake/login/", "/accounts/oidc/snowflake/login/callback/"),
    "mozilla": ("/oidc/authenticate/", "/oidc/callback/"),
    "social": ("/login/oidc/", "/complete/oidc/"),
}

#: Where their forms for signing out go.
SIGN_OUT = {"allauth": "/accounts/logout/", "mozilla": "/oidc/logout/"}


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


@pytest.mark.parametrize("library", SIGN_OUT)
@pytest.mark.parametrize("world", ["registered client"], indirect=True)
def test_whoever_signs_out_of_a_site_is_signed_out_here_too(
    library: str, world: World, browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    party = world.party(redirect_uri=f"http://localhost:{port}{PATHS[library][1]}")
    with site(library, party, port, tmp_path) as origin:
        who = browser.allow(begin(browser, origin, library), ADA).json()
        assert is_signed_in(browser, party)
        form = {"csrfmiddlewaretoken": who["token"]}
        page = browser.submit(origin + SIGN_OUT[library], form)
        if library == "allauth":
            # It does not keep the ID token, without which we ask.
            assert "Sign out?" in page.text
            assert is_signed_in(browser, party)
            action, fields = form_in(page)
            page = browser.submit(str(page.url.join(action)), fields)
        assert (page.text, str(page.url)) == ("Goodbye", f"{origin}/goodbye")
        assert browser.open(f"{origin}/who").json()["username"] is None
        assert not is_signed_in(browser, party)
        before = logins_at_discord(world)
        assert begin(browser, origin, library).url.path == "/who"
        assert logins_at_discord(world) == before + 1
