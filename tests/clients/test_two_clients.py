"""Libraries on servers: one login for two clients, without a page of Discord, and one logout."""

import json
import re
import subprocess
import warnings
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from authlib.deprecate import AuthlibDeprecationWarning

from tests.clients.test_openid_client import HERE, node
from tests.journeys.applications import Application, Village, village
from tests.journeys.browser import Browser, parameters
from tests.journeys.relying_party import Json
from tests.journeys.world import ADA, CLIENT_SECRET
from tests.serving import PATIENCE, environment
from tests.store.places import place_on

with warnings.catch_warnings():
    # It would rather use a library that is not installed here.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client, OAuthError

__all__ = ["node"]

ONWARD = re.compile('data-onward="([^"]+)"')


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    directory = tmp_path_factory.mktemp("clients")
    with village(place_on("sqlite", directory), directory) as started:
        yield started


def arrived(browser: Browser, url: str) -> str:
    """Go where a client sends the browser, up to where the client hears of it."""
    reached = browser.open(url)
    if reached.url.path == "/oauth2/authorize":
        reached = browser.allow(reached, ADA)
    # The page with frames goes on by a script.
    onward = ONWARD.search(reached.text)
    return str(browser.open(unescape(onward[1])).url) if onward else str(reached.url)


def talk(node: str, script: str, wanted: Json, browser: Browser) -> Json:
    """Run a program, go wherever it says, and answer what it says at last."""
    with subprocess.Popen(  # noqa: S603 - the tests' own program
        [node, str(HERE / script), json.dumps(wanted)],
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        said = ""
        while (line := program.stdout.readline()).startswith("http"):
            program.stdin.write(f"{arrived(browser, line.strip())}\n")
            program.stdin.flush()
        said, (rest, error) = line, program.communicate(timeout=PATIENCE)
    assert program.returncode == 0, error
    ended: Json = json.loads(said + rest)
    return ended


def test_openid_client(node: str, there: Village, browser: Browser) -> None:
    clients = [
        {
            "client_id": application.name,
            "client_secret": CLIENT_SECRET,
            "redirect_uri": f"{application.origin}/callback",
            "goodbye": f"{application.origin}/goodbye",
        }
        for application in (there.wiki, there.grafana)
    ]
    wanted = {"issuer": there.world.snowflake.origin, "clients": clients}
    ended = talk(node, "single_sign_on.mjs", wanted, browser)
    first, second, again = ended["claims"]
    assert first["sub"] == second["sub"] == ADA
    assert first["auth_time"] == second["auth_time"]
    assert first["sid"] == again["sid"] != second["sid"]
    assert ended["gone"].startswith(f"{there.grafana.origin}/goodbye")
    assert ended["refused"] == {
        "tooEarly": "login_required",
        "tooOld": "login_required",
        "tooLate": "login_required",
        "refresh": "invalid_grant",
    }


def test_authlib(there: Village, browser: Browser) -> None:
    issuer = there.world.snowflake.origin
    found = there.world.http.get(f"{issuer}/.well-known/openid-configuration").json()

    def sign_in(application: Application, **further: str) -> tuple[Json, Json]:
        # Authlib has no types.
        client: Any = OAuth2Client(
            client_id=application.name,
            client_secret=CLIENT_SECRET,
            redirect_uri=f"{application.origin}/callback",
            scope="openid profile",
            code_challenge_method="S256",
            trust_env=False,
        )
        verifier = "a-verifier-that-nobody-would-guess-of-63-characters-0123456789-"
        with client:
            address, state = client.create_authorization_url(
                found["authorization_endpoint"], code_verifier=verifier, nonce="n", **further
            )
            answer = arrived(browser, address)
            # An application looks for errors itself, before it gives the answer to Authlib.
            if "error" in parameters(answer):
                raise OAuthError(parameters(answer)["error"])
            token = client.fetch_token(
                found["token_endpoint"],
                authorization_response=answer,
                state=state,
                code_verifier=verifier,
            )
        return token, there.party(application).claims(token)

    with pytest.raises(OAuthError, match="login_required"):
        sign_in(there.wiki, prompt="none")
    token, of_wiki = sign_in(there.wiki)
    _, of_grafana = sign_in(there.grafana, prompt="none", max_age="3600")
    assert of_wiki["sub"] == of_grafana["sub"] == ADA
    assert of_wiki["auth_time"] == of_grafana["auth_time"]
    with pytest.raises(OAuthError, match="login_required"):
        sign_in(there.grafana, prompt="none", max_age="0")
    # It has no function for a logout: an application writes the address itself.
    gone = arrived(browser, there.logout(there.wiki, token, state="of-mine"))
    assert gone == f"{there.wiki.origin}/goodbye?state=of-mine"
    with pytest.raises(OAuthError, match="login_required"):
        sign_in(there.wiki, prompt="none")
    assert not there.is_alive(token)
