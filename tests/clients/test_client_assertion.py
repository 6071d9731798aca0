"""openid-client proves who it is by a JWT that it signs."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.clients.test_openid_client import node, signed_in
from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.relying_party import Json, Method
from tests.journeys.world import ADA, World, world
from tests.public_keys import EC, RSA, jwk, pem

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
