"""Claims by expression and a scope of one's own, as clients see them that nobody here wrote."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from authlib.deprecate import AuthlibDeprecationWarning

from tests.clients.test_openid_client import node, signed_in
from tests.journeys import expressed
from tests.journeys.browser import Browser
from tests.journeys.relying_party import Json
from tests.journeys.world import ADA, BOT_TOKEN, World
from tests.journeys.world import world as running_world

with warnings.catch_warnings():
    # It would rather use a library that is not installed here.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client

__all__ = ["node"]

SCOPE = "openid profile membership"
TOLD: Json = {
    "sub": ADA,
    "role": "Admin",
    "nickname": "Keeper Ada",
    "member_since": "2021-03-14T15:09:26Z",
    "https://example.com/person": {"id": ADA, "verified": True, "guilds": 3},
}


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {"SNOWFLAKE_DISCORD_BOT_TOKEN": BOT_TOKEN}
    directory = tmp_path_factory.mktemp("telling")
    with running_world(directory, settings, file=expressed.FILE) as running:
        yield running


def test_openid_client_is_told_them(node: str, telling: World, browser: Browser) -> None:
    party = telling.client("told")
    ended = signed_in(node, party, lambda begins: browser.sign_in(begins, ADA), scope=SCOPE)
    for claims in (ended["claims"], ended["userinfo"]):
        assert {name: claims[name] for name in TOLD} == TOLD


def test_authlib_is_told_them(telling: World, browser: Browser) -> None:
    party = telling.client("told")
    # Authlib has no types.
    client: Any = OAuth2Client(
        client_id=party.client_id,
        client_secret=party.client_secret,
        redirect_uri=party.redirect_uri,
        scope=SCOPE,
        trust_env=False,
    )
    with client:
        address, state = client.create_authorization_url(f"{party.issuer}/authorize")
        token = client.fetch_token(
            f"{party.issuer}/token",
            authorization_response=browser.sign_in(address, ADA),
            state=state,
        )
        assert token["scope"] == SCOPE
        claims = client.get(f"{party.issuer}/userinfo").json()
    assert {name: claims[name] for name in TOLD} == TOLD
