"""Authlib, the OAuth library of Python, with its own idea of HTTP Basic and PKCE."""

import warnings
from typing import Any

import pytest
from authlib.deprecate import AuthlibDeprecationWarning

from tests.journeys.browser import Browser
from tests.journeys.relying_party import SCOPE, RelyingParty
from tests.journeys.world import ADA

with warnings.catch_warnings():
    # It would rather use a library that is not installed here.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_signs_people_in(method: str, party: RelyingParty, browser: Browser) -> None:
    found = party.http.get(f"{party.issuer}/.well-known/openid-configuration").json()
    verifier = "a-verifier-that-nobody-would-guess-of-63-characters-0123456789-"
    # Authlib has no types.
    client: Any = OAuth2Client(
        client_id=party.client_id,
        client_secret=party.client_secret,
        token_endpoint_auth_method=method,
        redirect_uri=party.redirect_uri,
        scope=SCOPE,
        code_challenge_method="S256",
        trust_env=False,
    )
    with client:
        address, state = client.create_authorization_url(
            found["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6_WzA2Mj"
        )
        token = client.fetch_token(
            found["token_endpoint"],
            authorization_response=browser.sign_in(address, ADA),
            state=state,
            code_verifier=verifier,
        )
        assert party.claims(token)["nonce"] == "n-0S6_WzA2Mj"
        assert client.get(found["userinfo_endpoint"]).json()["sub"] == ADA
