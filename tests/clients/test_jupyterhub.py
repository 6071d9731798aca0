"""JupyterHub with OAuthenticator, whose groups are ours."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from snowflake.sandbox.discord.places import LIGHTHOUSE, SOURDOUGH
from tests.clients.programs import python_of
from tests.journeys.browser import Browser
from tests.journeys.gates import HERMIT
from tests.journeys.relying_party import RelyingParty
from tests.journeys.world import ADA, CLIENT_SECRET, World
from tests.serving import free_port, missing, program, running

PROXY = Path(__file__).parent / "node/node_modules/configurable-http-proxy"
#: The part of ``jupyterhub_config.py`` that is about us, as the guide has it, and below what is the
#: tests' own.
CONFIGURATION = """
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = "{client_id}"
c.GenericOAuthenticator.client_secret = "{secret}"
c.GenericOAuthenticator.oauth_callback_url = "http://localhost:{port}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = "{issuer}/authorize"
c.GenericOAuthenticator.token_url = "{issuer}/token"
c.GenericOAuthenticator.userdata_url = "{issuer}/userinfo"
c.GenericOAuthenticator.scope = ["openid", "profile", "email", "groups"]
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.login_service = "Discord"
c.GenericOAuthenticator.manage_groups = True
c.GenericOAuthenticator.auth_state_groups_key = "oauth_user.groups"
c.GenericOAuthenticator.allowed_groups = {{"{guild}"}}
c.GenericOAuthenticator.admin_groups = {{"{admins}"}}
c.GenericOAuthenticator.enable_auth_state = True
# It asks UserInfo again at each request.
c.GenericOAuthenticator.auth_refresh_age = 0

c.CryptKeeper.keys = ["{key}"]
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.command = ["{node}", "{proxy}"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.pid_file = "{directory}/proxy.pid"
c.JupyterHub.default_url = "/hub/home"
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret_file = "{directory}/cookie_secret"
c.JupyterHub.services = [{{"name": "tests", "api_token": "{token}", "admin": True}}]
"""
TOKEN = "a-token-of-the-tests"


def _configuration(party: RelyingParty, port: int, directory: Path) -> str:
    return CONFIGURATION.format(
        client_id=party.client_id,
        secret=CLIENT_SECRET,
        issuer=party.issuer,
        guild=LIGHTHOUSE,
        admins=SOURDOUGH,
        port=port,
        hub=free_port(),
        api=free_port(),
        node=program("node"),
        proxy=PROXY / "bin" / "configurable-http-proxy",
        key="0" * 64,
        token=TOKEN,
        directory=directory,
    )


@pytest.fixture(scope="module", params=["Discord application", "registered client"])
def hub(
    request: pytest.FixtureRequest, shared_world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Run it, and answer its origin."""
    python, directory, port = python_of("jupyterhub"), tmp_path_factory.mktemp("hub"), free_port()
    if not PROXY.is_dir():
        missing("the npm package configurable-http-proxy")
    registers = request.param == "registered client"
    world = shared_world.registering if registers else shared_world
    party = world.party(redirect_uri=f"http://localhost:{port}/hub/oauth_callback")
    configuration = directory / "jupyterhub_config.py"
    configuration.write_text(_configuration(party, port, directory))
    command = [python, "-m", "jupyterhub", "-f", str(configuration)]
    path = {"PATH": f"{Path(program('node')).parent}{os.pathsep}{os.environ['PATH']}"}
    with running(command, directory / "hub.log", path) as started:
        started.wait_until(lambda: "JupyterHub is now running" in started.log)
        yield f"http://localhost:{port}"


def ask(hub: str, path: str) -> httpx.Response:
    headers = {"Authorization": f"token {TOKEN}"}
    return httpx.get(f"{hub}/hub/api{path}", headers=headers, trust_env=False, timeout=15)


def test_people_come_with_their_groups(hub: str, browser: Browser) -> None:
    start = f"{hub}/hub/oauth_login?next=/hub/home"
    page = browser.allow(browser.open(start), ADA)
    assert (page.status_code, page.url.path) == (200, "/hub/home")
    user = ask(hub, "/users/ada.lindqvist").json()
    assert {LIGHTHOUSE, SOURDOUGH} <= set(user["groups"])
    assert user["admin"]
    # Asked again, we say the same.
    assert browser.open(f"{hub}/hub/home").url.path == "/hub/home"


def test_somebody_without_the_group_is_told_so(hub: str, browser: Browser) -> None:
    page = browser.allow(browser.open(f"{hub}/hub/oauth_login"), HERMIT)
    assert page.status_code == 403
    assert "Sorry, you are not currently authorized to use this hub." in page.text


def test_whoever_cancels_is_told_so(hub: str, browser: Browser) -> None:
    page = browser.refuse(browser.open(f"{hub}/hub/oauth_login"))
    assert page.status_code == 400
    assert "The person did not allow it." in page.text
