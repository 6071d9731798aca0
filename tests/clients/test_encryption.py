"""Clients that nobody here wrote, and tokens that are encrypted for them."""

from collections.abc import Iterator

import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.clients.test_openid_client import node, signed_in
from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.world import ADA, World, world
from tests.public_keys import EC, RSA, jwk, pem

__all__ = ["node"]

#: How a browser's own cryptography, which Node.js has too, takes up a private key.
IMPORTED = {
    "RSA-OAEP-256": {"algorithm": {"name": "RSA-OAEP", "hash": "SHA-256"}, "usages": ["decrypt"]},
    "ECDH-ES+A256KW": {
        "algorithm": {"name": "ECDH", "namedCurve": "P-256"},
        "usages": ["deriveBits"],
    },
}


@pytest.fixture(scope="module")
def encrypting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A Snowflake with two clients whose tokens are encrypted."""
    rsa = client("rsa", f"encryption_key = '''{pem(RSA)}'''")
    ec = client("ec", f"encryption_key = '''{jwk(EC)}'''\nencryption_enc = 'A128GCM'")
    with world(tmp_path_factory.mktemp("encrypting"), file=rsa + ec) as made:
        yield made


@pytest.mark.parametrize(
    ("key", "alg"), [(RSA, "RSA-OAEP-256"), (EC, "ECDH-ES+A256KW")], ids=["rsa", "ec"]
)
def test_openid_client_reads_an_encrypted_id_token(
    node: str, encrypting: World, browser: Browser, key: RSAKey | ECKey, alg: str
) -> None:
    private = key.as_dict(private=True)
    decryption = {
        "key": {name: value for name, value in private.items() if name != "kid"},
        "alg": alg,
        "kid": key.thumbprint(),
        "imported": IMPORTED[alg],
    }
    ended = signed_in(
        node,
        encrypting.client(key.key_type.lower()),
        lambda begins: browser.sign_in(begins, ADA),
        decryption=decryption,
    )
    assert ended["claims"]["sub"] == ended["userinfo"]["sub"] == ADA
