"""openid-client and Authlib prove who they are by a JWT that they sign."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from authlib.deprecate import AuthlibDeprecationWarning

from tests.clients.test_openid_client import node, signed_in
from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.relying_party import SCOPE, Json, Method
from tests.journeys.world import ADA, World, world
from tests.public_keys import EC, RSA, jwk, pem

with warnings.catch_warnings():
    # It would rather use a library that is not installed here.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client
    from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT

__all__ = ["node"]

#: As long as what it signs with has to be.
SECRET = "the secret of an application, in plain"
PROOFS = {
    "rsa": {
        "key": {**RSA.as_dict(private=True), "alg": "RS256"},
        "imported": {
            "algorithm": {"name": "RSASSA-PKCS1-v1_5", "hash": "SHA-256"},
            "usages": ["sign"],
        },
    },
    "ec": {
        "key": EC.as_dict(private=True),
        "imported": {"algorithm": {"name": "ECDSA", "namedCurve": "P-256"}, "usages": ["sign"]},
    },
}


@pytest.fixture(scope="module")
def proving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A Snowflake with three clients that send no secret."""
    by_key = 'authentication = "private_key_jwt"'
    rsa = client("rsa", f"{by_key}\npublic_key = '''{pem(RSA)}'''")
    ec = client("ec", f"{by_key}\npublic_key = '''{jwk(EC)}'''")
    secret = client("secret", 'authentication = "client_secret_jwt"', secret=SECRET)
    with world(tmp_path_factory.mktemp("proving"), file=rsa + ec + secret) as made:
        yield made


@pytest.mark.parametrize(
    ("client_id", "method"),
    [("rsa", "private_key_jwt"), ("ec", "private_key_jwt"), ("secret", "client_secret_jwt")],
)
def test_openid_client_signs_people_in_and_sends_no_secret(
    node: str, proving: World, browser: Browser, client_id: str, method: Method
) -> None:
    party = replace(proving.client(client_id), method=method, client_secret=SECRET)
    more: Json = {"proof": PROOFS[client_id]} if client_id in PROOFS else {}
    ended = signed_in(node, party, lambda begins: browser.sign_in(begins, ADA), refreshes=1, **more)
    assert ended["claims"]["sub"] == ended["userinfo"]["sub"] == ADA


@pytest.mark.parametrize(
    ("client_id", "method", "secret"),
    [
        ("rsa", PrivateKeyJWT, pem(RSA, private=True)),
        ("ec", PrivateKeyJWT, EC),
        ("secret", ClientSecretJWT, SECRET),
    ],
)
def test_so_does_authlib(
    client_id: str, method: Any, secret: object, proving: World, browser: Browser
) -> None:
    party = proving.client(client_id)
    found = party.http.get(f"{party.issuer}/.well-known/openid-configuration").json()
    algorithm = {"alg": "ES256"} if client_id == "ec" else {}
    # Authlib has no types.
    client: Any = OAuth2Client(
        client_id=client_id,
        client_secret=secret,
        token_endpoint_auth_method=method(found["token_endpoint"], **algorithm),
        redirect_uri=party.redirect_uri,
        scope=SCOPE,
        code_challenge_method="S256",
        trust_env=False,
    )
    verifier = "a-verifier-that-nobody-would-guess-of-63-characters-0123456789-"
    with client:
        address, state = client.create_authorization_url(
            found["authorization_endpoint"], code_verifier=verifier
        )
        token = client.fetch_token(
            found["token_endpoint"],
            authorization_response=browser.sign_in(address, ADA),
            state=state,
            code_verifier=verifier,
        )
        assert client.get(found["userinfo_endpoint"]).json()["sub"] == ADA
        refreshed = client.refresh_token(found["token_endpoint"], token["refresh_token"])
        assert refreshed["access_token"] != token["access_token"]
        told = client.introspect_token(found["introspection_endpoint"], refreshed["access_token"])
        assert told.json()["active"] is True
