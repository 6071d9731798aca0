"""openid-client, and ID tokens that come with the browser."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import httpx
import pytest

from tests.clients.test_openid_client import node, run
from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.relying_party import SCOPE, Json
from tests.journeys.world import ADA, CLIENT_SECRET, World, world
from tests.oidc.response_types.answers import answered

__all__ = ["node"]

ASKED = [
    (response_type, mode)
    for response_type in ("id_token", "code id_token")
    for mode in ("fragment", "form_post")
]
#: By the algorithm of its ID tokens. The longest hash has a longer ``c_hash``.
CLIENTS = {"RS256": "members", "ES512": "curve"}
TYPES = 'response_types = ["code", "id_token", "code id_token"]'


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A Snowflake with clients that may ask for ID tokens of the browser."""
    file = "".join(
        client(client_id, f'{TYPES}\nsigning_alg = "{alg}"') for alg, client_id in CLIENTS.items()
    )
    with world(tmp_path_factory.mktemp("front"), file=file) as made:
        yield made


def asked(
    node: str,
    there: World,
    browse: Callable[[str], httpx.Response],
    how: tuple[str, str],
    alg: str = "RS256",
) -> Json:
    """Log somebody in, and answer what openid-client makes of the answer to ``how``."""
    party = there.client(CLIENTS[alg])
    wanted = {
        "issuer": party.issuer,
        "client_id": party.client_id,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": party.redirect_uri,
        "scope": SCOPE,
        "response_type": how[0],
        "response_mode": how[1],
        "signed_by": alg,
    }

    def arrived(begins: str) -> str:
        response = browse(begins)
        mode, place, sent = answered(response)
        assert mode == how[1]
        if mode == "form_post":
            return json.dumps({"url": place, "body": urlencode(sent)})
        return json.dumps({"url": response.headers["location"]})

    return run(node, "front.mjs", wanted, arrived)


@pytest.mark.parametrize("alg", CLIENTS)
@pytest.mark.parametrize("how", ASKED, ids=" by ".join)
def test_openid_client_takes_an_id_token_from_the_browser(
    node: str, front: World, browser: Browser, how: tuple[str, str], alg: str
) -> None:
    ended = asked(node, front, lambda begins: browser.allow(browser.open(begins), ADA), how, alg)
    assert ended["claims"]["sub"] == ADA
    assert ended["claims"]["email"] == "ada@example.com"
    if how[0] != "id_token":
        assert ended["userinfo"]["sub"] == ADA


@pytest.mark.parametrize("how", ASKED, ids=" by ".join)
def test_openid_client_understands_a_refusal(
    node: str, front: World, browser: Browser, how: tuple[str, str]
) -> None:
    ended = asked(node, front, lambda begins: browser.refuse(browser.open(begins)), how)
    assert ended == {"error": "access_denied"}
