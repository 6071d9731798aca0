"""oauth2-proxy, which stands before applications that know nothing of logins."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from snowflake.sandbox.discord.places import LIGHTHOUSE
from tests.clients.programs import go_program
from tests.clients.signing_out import is_signed_in, logins_at_discord
from tests.journeys.browser import Browser
from tests.journeys.gates import HERMIT
from tests.journeys.relying_party import RelyingParty
from tests.journeys.world import ADA, CLIENT_SECRET, World
from tests.serving import PATIENCE, free_port, running

CONFIGURATION = """
provider = "oidc"
provider_display_name = "Discord"
oidc_issuer_url = "{issuer}"
client_id = "{client_id}"
client_secret = "{secret}"
redirect_url = "http://localhost:{port}/oauth2/callback"
scope = "openid profile email groups offline_access"
code_challenge_method = "S256"
allowed_groups = ["{guild}"]
email_domains = ["*"]
cookie_secret = "0123456789abcdef0123456789abcdef"
cookie_secure = false
cookie_refresh = "1ms"
http_address = "127.0.0.1:{port}"
upstreams = ["static://202"]
whitelist_domains = ["{host}"]
"""


@contextmanager
def oauth2_proxy(party: RelyingParty, port: int, directory: Path) -> Iterator[str]:
    """Run it before a page that says 202, and answer its origin."""
    configuration = directory / "oauth2-proxy.cfg"
    configuration.write_text(
        CONFIGURATION.format(
            issuer=party.issuer,
            host=urlsplit(party.issuer).netloc,
            client_id=party.client_id,
            secret=CLIENT_SECRET,
            guild=LIGHTHOUSE,
            port=port,
        )
    )
    command = [go_program("oauth2-proxy"), "--config", str(configuration)]
    with running(command, directory / "oauth2-proxy.log") as started:
        started.wait_for_http(f"http://127.0.0.1:{port}/ping")
        yield f"http://localhost:{port}"


@pytest.fixture
def proxy(world: World, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    party = world.party(redirect_uri=f"http://localhost:{port}/oauth2/callback")
    with oauth2_proxy(party, port, tmp_path) as origin:
        yield origin


def start(origin: str) -> str:
    return f"{origin}/oauth2/start?rd=/protected"


def test_the_application_behind_it_is_reached(proxy: str, browser: Browser) -> None:
    assert browser.open(f"{proxy}/protected").status_code == 403
    page = browser.allow(browser.open(start(proxy)), ADA)
    assert (page.status_code, str(page.url)) == (202, f"{proxy}/protected")
    who = browser.open(f"{proxy}/oauth2/userinfo").json()
    assert who["email"] == "ada@example.com"
    assert who["preferredUsername"] == "ada.lindqvist"
    assert LIGHTHOUSE in who["groups"]


def test_it_refreshes_what_is_too_old(proxy: str, browser: Browser) -> None:
    browser.allow(browser.open(start(proxy)), ADA)
    until = time.monotonic() + PATIENCE
    # It counts whole seconds.
    while "set-cookie" not in (page := browser.open(f"{proxy}/protected")).headers:
        assert time.monotonic() < until
    assert page.status_code == 202
    assert browser.open(f"{proxy}/protected").status_code == 202


@pytest.mark.parametrize("world", ["registered client"], indirect=True)
def test_whoever_signs_out_is_signed_out_here_too(
    world: World, proxy: str, browser: Browser
) -> None:
    party = world.party(redirect_uri=f"{proxy}/oauth2/callback")
    browser.allow(browser.open(start(proxy)), ADA)
    assert is_signed_in(browser, party)
    # By itself it only forgets its own cookie.
    browser.open(f"{proxy}/oauth2/sign_out")
    assert browser.open(f"{proxy}/protected").status_code == 403
    assert is_signed_in(browser, party)
    before = logins_at_discord(world)
    assert browser.open(start(proxy)).status_code == 202
    assert logins_at_discord(world) == before
    # It puts the ID token into an address that is given.
    back = urlencode({"post_logout_redirect_uri": f"{proxy}/goodbye"})
    onward = f"{world.snowflake.origin}/logout?id_token_hint={{id_token}}&{back}"
    page = browser.open(f"{proxy}/oauth2/sign_out?{urlencode({'rd': onward})}")
    # Its own page at that address, since nobody is signed in.
    assert (page.status_code, str(page.url)) == (403, f"{proxy}/goodbye")
    assert not is_signed_in(browser, party)
    assert browser.open(start(proxy)).status_code == 202
    assert logins_at_discord(world) == before + 1


def test_somebody_without_the_group_is_told_so(proxy: str, browser: Browser) -> None:
    page = browser.allow(browser.open(start(proxy)), HERMIT)
    assert page.status_code == 403
    assert "You do not have permission to access this resource." in page.text


def test_whoever_cancels_is_told_so(proxy: str, browser: Browser) -> None:
    page = browser.refuse(browser.open(start(proxy)))
    assert page.status_code == 403
    assert "Login Failed: The upstream identity provider returned an error" in page.text


def test_whom_a_gate_keeps_out_learns_it_from_us_and_may_go_back(
    guarded_world: World, browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    uri = f"http://localhost:{port}/oauth2/callback"
    with oauth2_proxy(guarded_world.client("any_guild", uri), port, tmp_path) as origin:
        page = browser.allow(browser.open(start(origin)), HERMIT)
        assert page.status_code == 403
        assert "You have to be a member of one of" in page.text
        assert f"{uri}?error=access_denied" in unescape(page.text)


def test_whom_the_gate_of_a_discord_application_keeps_out_is_told_nothing_more(
    guarded_world: World, browser: Browser, tmp_path: Path
) -> None:
    # Only the application's secret can tell us who it is, and what it makes of our answer is this.
    port = free_port()
    party = guarded_world.party(redirect_uri=f"http://localhost:{port}/oauth2/callback")
    with oauth2_proxy(party, port, tmp_path) as origin:
        page = browser.allow(browser.open(start(origin)), HERMIT)
        assert page.status_code == 500
        assert "Internal Server Error" in page.text
