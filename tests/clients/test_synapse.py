"""Synapse, the Matrix homeserver, whose apps sign in by way of a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import run
from urllib.parse import urlencode

import httpx
import pytest
import yaml

from snowflake.sandbox.discord.places import LIGHTHOUSE
from tests.clients.programs import python_of
from tests.journeys.browser import APPLICATION_HOST, Browser, arrival, parameters
from tests.journeys.gates import HERMIT
from tests.journeys.registered import client
from tests.journeys.relying_party import RelyingParty, Secrets, tokens_of
from tests.journeys.world import ADA, CLIENT_SECRET, World
from tests.journeys.world import world as running_world
from tests.serving import Program, environment, free_port, running

#: Where the app waits for its token.
APP = f"https://{APPLICATION_HOST}/"
CALLBACK = "/_synapse/client/oidc/callback"
#: The part of ``homeserver.yaml`` that is about us, as the guide has it.
PROVIDER = """
idp_id: snowflake
idp_name: Discord
scopes: [openid, profile, email, groups]
user_profile_method: userinfo_endpoint
backchannel_logout_enabled: true
attribute_requirements:
  - attribute: groups
    value: "{guild}"
user_mapping_provider:
  config:
    localpart_template: "{{{{ user.preferred_username }}}}"
    display_name_template: "{{{{ user.name }}}}"
    email_template: "{{{{ user.email }}}}"
"""


def _configuration(party: RelyingParty, port: int, directory: Path) -> str:
    provider = yaml.safe_load(PROVIDER.format(guild=LIGHTHOUSE))
    client = {
        "issuer": party.issuer,
        "client_id": party.client_id,
        "client_secret": CLIENT_SECRET,
    }
    listener = {
        "port": port,
        "bind_addresses": ["127.0.0.1"],
        "type": "http",
        "resources": [{"names": ["client"]}],
    }
    return yaml.safe_dump(
        {
            "server_name": "example.com",
            "public_baseurl": f"http://localhost:{port}/",
            "listeners": [listener],
            "database": {"name": "sqlite3", "args": {"database": f"{directory}/homeserver.db"}},
            "signing_key_path": f"{directory}/signing.key",
            "media_store_path": f"{directory}/media",
            "macaroon_secret_key": "a secret of the tests",
            "registration_shared_secret": "another",
            "trusted_key_servers": [],
            "report_stats": False,
            "suppress_key_server_warning": True,
            # Else it asks whether the app may be trusted.
            "sso": {"client_whitelist": [APP]},
            "oidc_providers": [{**provider, **client}],
        }
    )


@pytest.fixture(scope="module", params=["Discord application", "registered client"])
def synapse(
    request: pytest.FixtureRequest, shared_world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Run it, and answer its origin."""
    directory, port = tmp_path_factory.mktemp("synapse"), free_port()
    registers = request.param == "registered client"
    world = shared_world.registering if registers else shared_world
    party = world.party(redirect_uri=f"http://localhost:{port}{CALLBACK}")
    with _running(party, port, directory):
        yield f"http://localhost:{port}"


@contextmanager
def _running(party: RelyingParty, port: int, directory: Path) -> Iterator[Program]:
    configuration = directory / "homeserver.yaml"
    configuration.write_text(_configuration(party, port, directory))
    command = [python_of("synapse"), "-m", "synapse.app.homeserver", "-c", str(configuration)]
    run([*command, "--generate-keys"], env=environment({}), cwd=directory, check=True)  # noqa: S603
    with running(command, directory / "synapse.log") as started:
        started.wait_for_http(f"http://127.0.0.1:{port}/health")
        yield started


class Loopback(httpx.HTTPTransport):
    """Lets cookies be kept that ask for HTTPS; most browsers trust this machine as much."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.headers = httpx.Headers(
            [(name, value.replace(b"; Secure", b"")) for name, value in response.headers.raw]
        )
        return response


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser({"http://": Loopback()}) as opened:
        yield opened


def start(origin: str) -> str:
    way = "/_matrix/client/v3/login/sso/redirect/oidc-snowflake"
    return f"{origin}{way}?{urlencode({'redirectUrl': APP})}"


def sign_in(app: httpx.Client, browser: Browser) -> str:
    """Give an app the token of somebody who signs in in a browser, and answer who that is."""
    reached = browser.open(start(str(app.base_url).rstrip("/")))
    # Discord asks once.
    page = reached if reached.has_redirect_location else browser.allow(reached, ADA)
    arrived = parameters(arrival(page))
    login = {"type": "m.login.token", "token": arrived["loginToken"]}
    session = app.post("/_matrix/client/v3/login", json=login).raise_for_status().json()
    app.headers["Authorization"] = f"Bearer {session['access_token']}"
    return str(session["user_id"])


def test_an_app_gets_its_token(synapse: str, browser: Browser) -> None:
    with httpx.Client(base_url=synapse, trust_env=False, timeout=15) as app:
        user_id = sign_in(app, browser)
        assert user_id == "@ada.lindqvist:example.com"
        profile = app.get(f"/_matrix/client/v3/profile/{user_id}").json()
        assert profile["displayname"] == "Ada Lindqvist"
        addresses = app.get("/_matrix/client/v3/account/3pid").json()["threepids"]
        assert [one["address"] for one in addresses] == ["ada@example.com"]


def test_somebody_without_the_group_is_told_so(synapse: str, browser: Browser) -> None:
    page = browser.allow(browser.open(start(synapse)), HERMIT)
    assert page.status_code == 400
    assert "You are not allowed to log in here." in page.text


def test_whoever_cancels_is_told_so(synapse: str, browser: Browser) -> None:
    page = browser.refuse(browser.open(start(synapse)))
    assert page.status_code == 400
    assert "access_denied" in page.text
    assert "The person did not allow it." in page.text


def test_whoever_signs_out_elsewhere_is_signed_out_of_their_app_too(
    tmp_path: Path, browser: Browser
) -> None:
    port = free_port()
    origin = f"http://localhost:{port}"
    hears = f'backchannel_logout_uri = "{origin}/_synapse/client/oidc/backchannel_logout"'
    with (
        running_world(tmp_path, file=client("synapse", hears) + client("another")) as world,
        _running(world.client("synapse", f"{origin}{CALLBACK}"), port, tmp_path) as synapse,
        httpx.Client(base_url=origin, trust_env=False, timeout=15) as app,
    ):
        sign_in(app, browser)
        another, login = world.client("another"), Secrets()
        code = another.code(login, arrival(browser.open(another.begin(login))))
        hint = tokens_of(another.redeem(login, code))["id_token"]
        whoami = "/_matrix/client/v3/account/whoami"
        assert app.get(whoami).status_code == 200
        page = browser.open(f"{world.snowflake.origin}/logout?id_token_hint={hint}")
        assert "You have signed out" in page.text
        synapse.wait_until(lambda: app.get(whoami).status_code == 401)
