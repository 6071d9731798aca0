"""Clients that nobody here wrote, and issuers and refresh tokens of a client's own."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from authlib.deprecate import AuthlibDeprecationWarning
from authlib.oidc.discovery import get_well_known_url

from tests.clients.test_openid_client import node, signed_in
from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.relying_party import SCOPE, RelyingParty
from tests.journeys.world import ADA, OWN_ID, World, world

with warnings.catch_warnings():
    # It would rather use a library that is not installed here.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client
    from authlib.oauth2.rfc8414 import get_well_known_url as get_rfc8414_url

__all__ = ["node"]

OWN = 'issuer_mode = "per_client"'
#: How their IDs stand in the issuer.
SPELT = {"wiki": "wiki", "<a|b>&c": "%3Ca%7Cb%3E&c"}


@dataclass(frozen=True)
class Issuing:
    """A Snowflake with issuers for single clients, below that of everybody."""

    there: World
    base: str

    def party(self, client_id: str) -> RelyingParty:
        """Answer an application that knows its own issuer."""
        issuer = f"{self.base}/clients/{SPELT.get(client_id, client_id)}"
        return replace(self.there.client(client_id), issuer=issuer)


@pytest.fixture(scope="module", params=["", "/auth"], ids=["at the root", "below a path"])
def issuing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Issuing]:
    file = "".join(client(client_id, OWN) for client_id in SPELT)
    file += client("kept", f'{OWN}\nrefresh_token_threshold = "1d"')
    settings = {"SNOWFLAKE_BASE_PATH": request.param} if request.param else {}
    with world(tmp_path_factory.mktemp("issuing"), settings, file=file) as there:
        base = there.snowflake.origin + request.param
        there.discord.add_redirect_uri(OWN_ID, f"{base}/callback")
        yield Issuing(there, base)


@pytest.mark.parametrize("algorithm", ["oidc", "oauth2"])
@pytest.mark.parametrize("client_id", SPELT)
def test_openid_client_signs_people_in_by_an_issuer_of_its_own(
    node: str, issuing: Issuing, browser: Browser, client_id: str, algorithm: str
) -> None:
    party = issuing.party(client_id)
    ended = signed_in(
        node, party, lambda begins: browser.sign_in(begins, ADA), algorithm=algorithm, refreshes=1
    )
    assert ended["claims"]["iss"] == party.issuer
    assert ended["userinfo"]["sub"] == ADA
    [refreshed] = ended["refreshed"]
    assert refreshed["renewed"]
    assert refreshed["claims"]["iss"] == party.issuer


def test_openid_client_goes_on_with_a_refresh_token_that_is_not_renewed(
    node: str, issuing: Issuing, browser: Browser
) -> None:
    ended = signed_in(
        node, issuing.party("kept"), lambda begins: browser.sign_in(begins, ADA), refreshes=3
    )
    assert [each["renewed"] for each in ended["refreshed"]] == [False, False, False]


def test_authlib_finds_the_issuer_and_keeps_the_refresh_token(
    issuing: Issuing, browser: Browser
) -> None:
    party = issuing.party("kept")
    urls = get_well_known_url(party.issuer, True), get_rfc8414_url(party.issuer, True)
    found, same = (party.http.get(url).json() for url in urls)
    assert found == same
    assert found["issuer"] == party.issuer
    # Authlib has no types.
    application: Any = OAuth2Client(
        client_id=party.client_id,
        client_secret=party.client_secret,
        redirect_uri=party.redirect_uri,
        scope=SCOPE,
        trust_env=False,
    )
    with application:
        address, state = application.create_authorization_url(found["authorization_endpoint"])
        token = application.fetch_token(
            found["token_endpoint"],
            authorization_response=browser.sign_in(address, ADA),
            state=state,
        )
        for _ in range(2):
            fresh = application.refresh_token(found["token_endpoint"])
            assert fresh["refresh_token"] == token["refresh_token"]
            assert fresh["access_token"] != token["access_token"]
            assert application.get(found["userinfo_endpoint"]).json()["sub"] == ADA
