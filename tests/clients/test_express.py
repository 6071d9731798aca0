"""express-openid-connect, which has ID tokens posted to it unless told otherwise, in Chromium."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.clients.test_openid_client import HERE, node
from tests.journeys.applications import Application
from tests.journeys.chromium import choose
from tests.journeys.conftest import chromium, page
from tests.journeys.relying_party import Json
from tests.journeys.visiting import cookies
from tests.journeys.world import ADA, CLIENT_SECRET, World, world
from tests.serving import free_port, missing, running

__all__ = ["chromium", "node", "page"]

#: The cookies of whoever is signed in, of the library and ours.
OF_SESSIONS = {"appSession", "snowflake-session"}
#: What the library is told of itself, by what the site is called.
SITES: dict[str, Json] = {
    "defaults": {},
    "hybrid": {
        "clientSecret": CLIENT_SECRET,
        "authorizationParams": {"response_type": "code id_token"},
    },
    "code": {
        "clientSecret": CLIENT_SECRET,
        "authorizationParams": {"response_type": "code", "response_mode": "form_post"},
    },
}


@dataclass(frozen=True)
class Sites:
    """Sites on Express, by their names, and their Snowflake."""

    there: World
    origins: dict[str, str]


@pytest.fixture(scope="module")
def sites(node: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    if not (HERE / "node_modules" / "express-openid-connect").is_dir():
        missing("the npm package express-openid-connect")
    directory, ports = tmp_path_factory.mktemp("express"), {name: free_port() for name in SITES}
    origins = {name: f"http://localhost:{port}" for name, port in ports.items()}
    types = 'response_types = ["code", "id_token", "code id_token"]\n'
    file = "".join(Application(name, origin=at).table() + types for name, at in origins.items())
    with ExitStack() as stack:
        there = stack.enter_context(world(directory, file=file))
        for name, more in SITES.items():
            told = {
                "port": ports[name],
                "issuerBaseURL": there.snowflake.origin,
                "clientID": name,
                # Whoever signs out there signs out here.
                "idpLogout": True,
                "routes": {"postLogoutRedirect": "/goodbye"},
                **more,
            }
            command = [node, str(HERE / "express.mjs"), json.dumps(told)]
            site = stack.enter_context(running(command, directory / f"{name}.log"))
            site.wait_for_http(f"{origins[name]}/health")
        yield Sites(there, origins)


@pytest.mark.parametrize("name", SITES)
def test_express_openid_connect_signs_people_in_and_out(
    page: Page, sites: Sites, name: str
) -> None:
    origin = sites.origins[name]
    page.goto(origin)
    choose(page, "ada.lindqvist")
    page.wait_for_url(f"{origin}/")
    user: Json = json.loads(page.locator("body").inner_text())
    assert user["sub"] == ADA
    assert user["email"] == "ada@example.com"
    assert user["name"] == "Ada Lindqvist"
    assert cookies(page) >= OF_SESSIONS
    page.goto(f"{origin}/logout")
    page.wait_for_url(f"{origin}/goodbye")
    assert not OF_SESSIONS & cookies(page)


@pytest.mark.parametrize("name", SITES)
def test_express_openid_connect_understands_a_refusal(page: Page, sites: Sites, name: str) -> None:
    page.goto(sites.origins[name])
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{sites.origins[name]}/callback")
    told: Json = json.loads(page.locator("body").inner_text())
    assert told == {
        "error": "access_denied",
        "error_description": "The person did not allow it.",
    }
