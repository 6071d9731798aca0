"""openid-client, the OpenID Connect library of Node.js, which is certified and strict."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journeys.browser import Browser, arrival
from tests.journeys.registered import ANOTHER_APP, APP
from tests.journeys.relying_party import SCOPE, Json, Method, RelyingParty
from tests.journeys.world import ADA, World
from tests.serving import PATIENCE, environment, missing, program

HERE = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def node() -> str:
    """Answer Node.js, with the packages of ``node/package.json`` installed."""
    path, npm = program("node"), program("npm")
    if not (HERE / "node_modules" / "openid-client").is_dir():
        command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund"]
        installed = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)  # noqa: S603
        if installed.returncode:
            missing(f"the npm package openid-client ({installed.stderr.strip()[-200:]})")
    return path


def signed_in(node: str, party: RelyingParty, browse: Callable[[str], str], **more: object) -> Json:
    """Log somebody in, and answer what came of it. ``browse`` goes to where the login ends."""
    wanted = {
        "issuer": party.issuer,
        "client_id": party.client_id,
        "redirect_uri": party.redirect_uri,
        "method": party.method,
        "scope": SCOPE,
        **more,
    }
    if party.method != "none":
        wanted["client_secret"] = party.client_secret
    return run(node, "login.mjs", wanted, browse)


def run(node: str, script: str, wanted: Json, browse: Callable[[str], str]) -> Json:
    """Run a program to which ``browse`` goes from the address that it prints."""
    command = [node, str(HERE / script), json.dumps(wanted)]
    with subprocess.Popen(  # noqa: S603 - the tests' own program
        command,
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as login:
        assert login.stdout is not None
        begins = login.stdout.readline().strip()
        arrived = browse(begins) if begins else ""
        out, err = login.communicate(f"{arrived}\n", timeout=PATIENCE)
    assert login.returncode == 0, err
    ended: Json = json.loads(out)
    return ended


def printed(node: str, script: str, wanted: Json) -> Json:
    """Run a program that needs no browser, and answer the JSON that it prints."""
    ended = subprocess.run(  # noqa: S603 - the tests' own program
        [node, str(HERE / script), json.dumps(wanted)],
        env=environment({}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr
    answer: Json = json.loads(ended.stdout)
    return answer


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_openid_client_signs_people_in(
    method: Method, node: str, world: World, browser: Browser
) -> None:
    party = replace(world.party(public=method == "none"), method=method)
    ended = signed_in(node, party, lambda begins: browser.sign_in(begins, ADA))
    assert ended["claims"]["sub"] == ended["userinfo"]["sub"] == ADA
    assert ended["userinfo"]["email"] == "ada@example.com"
    assert 0 < ended["expires_in"] <= 3600


def test_openid_client_understands_a_refusal(
    node: str, party: RelyingParty, browser: Browser
) -> None:
    ended = signed_in(node, party, lambda begins: arrival(browser.refuse(browser.open(begins))))
    assert ended["error"] == "access_denied"
    assert ended["error_description"] == "The person did not allow it."


@pytest.mark.parametrize("uri", [APP, ANOTHER_APP])
@pytest.mark.parametrize("public", [True, False], ids=["public", "confidential"])
def test_openid_client_signs_people_in_to_an_app(
    uri: str, node: str, shared_world: World, browser: Browser, public: bool
) -> None:
    # It takes the address apart by the rules of browsers, and sends what is left of it as its own.
    party = shared_world.registering.party(redirect_uri=uri, public=public)
    ended = signed_in(node, party, lambda begins: browser.sign_in(begins, ADA))
    assert ended["claims"]["sub"] == ADA


def test_openid_client_signs_people_in_on_a_port_of_the_moment(
    node: str, shared_world: World, browser: Browser
) -> None:
    wanted = {"issuer": shared_world.snowflake.origin, "client_id": "public", "scope": SCOPE}

    def browse(begins: str) -> str:
        reached = browser.open(begins)
        # Discord asks once.
        page = reached if reached.url.path == "/callback" else browser.allow(reached, ADA)
        assert page.text == "You can close this page."
        return str(page.url)

    first, second = (run(node, "native.mjs", wanted, browse) for _ in range(2))
    assert first["claims"]["sub"] == second["claims"]["sub"] == ADA
    assert first["origin"] != second["origin"]
