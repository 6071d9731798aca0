"""Clients that nobody here wrote, and people whom each of them knows by a name of its own."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from authlib.deprecate import AuthlibDeprecationWarning

from tests.clients.test_openid_client import node, signed_in
from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.relying_party import SCOPE
from tests.journeys.world import ADA, World, world

with warnings.catch_warnings():
    # It would rather use a library that is not installed here.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client

__all__ = ["node"]

SECTORS = ("one.example.com", "other.example.com")


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run a Snowflake with a client in each of two sectors."""
    tables = (
        client(sector.partition(".")[0], f'subject = "pairwise"\nsector = "{sector}"')
        for sector in SECTORS
    )
    with world(tmp_path_factory.mktemp("pairwise"), file="".join(tables)) as started:
        yield started


def test_openid_client_knows_people_by_the_same_name_at_userinfo_and_after_each_refresh(
    node: str, there: World, browser: Browser
) -> None:
    names = []
    for client_id in ("one", "other"):
        ended = signed_in(
            node,
            there.client(client_id),
            lambda begins: browser.sign_in(begins, ADA),
            refreshes=2,
        )
        # It refuses any other by itself.
        assert ended["claims"]["sub"] == ended["userinfo"]["sub"]
        assert {each["claims"]["sub"] for each in ended["refreshed"]} == {ended["claims"]["sub"]}
        names.append(ended["claims"]["sub"])
    assert len({*names, ADA}) == 3


def test_authlib_knows_them_by_the_same_name(there: World, browser: Browser) -> None:
    party = there.client("one")
    found = party.http.get(f"{party.issuer}/.well-known/openid-configuration").json()
    assert "pairwise" in found["subject_types_supported"]
    names = set()
    # Authlib has no types.
    application: Any = OAuth2Client(
        client_id=party.client_id,
        client_secret=party.client_secret,
        redirect_uri=party.redirect_uri,
        scope=SCOPE,
        trust_env=False,
    )
    with application:
        address, state = application.create_authorization_url(
            found["authorization_endpoint"], nonce="n-0S6_WzA2Mj"
        )
        token = application.fetch_token(
            found["token_endpoint"],
            authorization_response=browser.sign_in(address, ADA),
            state=state,
        )
        names.add(party.claims(token)["sub"])
        names.add(application.get(found["userinfo_endpoint"]).json()["sub"])
        token = application.introspect_token(
            found["introspection_endpoint"], token=token["access_token"]
        ).json()
        names.add(token["sub"])
    assert len(names) == 1
    assert ADA not in names
