"""openid-client, the OpenID Connect library of Node.js, which is certified and strict."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journeys.browser import Browser, arrival
from tests.journeys.relying_party import SCOPE, Json, Method, RelyingParty
from tests.journeys.world import ADA, CLIENT_SECRET, World
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


def signed_in(node: str, party: RelyingParty, browse: Callable[[str], str]) -> Json:
    """Log somebody in, and answer what came of it. ``browse`` goes to where the login ends."""
    wanted = {
        "issuer": party.issuer,
        "client_id": party.client_id,
        "redirect_uri": party.redirect_uri,
        "method": party.method,
        "scope": SCOPE,
    }
    if party.method != "none":
        wanted["client_secret"] = CLIENT_SECRET
    command = [node, str(HERE / "login.mjs"), json.dumps(wanted)]
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
