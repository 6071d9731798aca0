"""Which public keys of applications are of use."""

import warnings

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from snowflake.settings.public_keys import parse_public_key
from tests.public_keys import EC, RSA, certificate, jwk, pem

ED25519 = (
    Ed25519PrivateKey.generate()
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", SecurityWarning)
    SHORT = RSAKey.generate_key(1024)
FOREIGN = ECKey.generate_key("secp256k1")
LONG = ECKey.generate_key("P-521")
UNUSABLE = {
    "private rsa pem": (pem(RSA, private=True), "is a private key"),
    "private ec jwk": (jwk(EC, private=True), "is a private key"),
    "private rsa jwk": (jwk(RSA, private=True), "is a private key"),
    "symmetric": ('{"kty": "oct", "k": "AAAA"}', "is a private key"),
    "short pem": (pem(SHORT), "2048"),
    "short jwk": (jwk(SHORT), "2048"),
    "another curve": (pem(FOREIGN), "curves"),
    "ed25519": (ED25519, "must be an RSA or an EC key"),
    "for signatures": (jwk(RSA, use="sig"), "for another use"),
    "nothing": ("", "is neither"),
    "some word": ("AAAA", "is neither"),
    "no members": ("{}", "is neither"),
    "half an ec key": ('{"kty": "EC"}', "is neither"),
    "odd types": ('{"kty": "RSA", "n": 5, "e": []}', "is neither"),
    "ed25519 jwk": ('{"kty": "OKP", "crv": "Ed25519", "x": "AQ"}', "is neither"),
    "no point": ('{"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}', "is neither"),
    "braces": ("{" * 100_000, "is neither"),
    "brackets": ('{"kty": ' + "[" * 100_000, "is neither"),
    "no pem": ("-----BEGIN PUBLIC KEY-----\nAAA\n-----END PUBLIC KEY-----", "is neither"),
    "no certificate": ("-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----", "is neither"),
    "ssh": ("ssh-rsa AAAAB3NzaC1yc2E", "is neither"),
}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (pem(RSA), RSA),
        (pem(EC), EC),
        (jwk(RSA), RSA),
        (jwk(EC, use="enc", alg="ECDH-ES+A256KW"), EC),
        (f"\n  {pem(EC)}\n", EC),
        (certificate(), RSA),
        (pem(LONG), LONG),
    ],
    ids=["rsa pem", "ec pem", "rsa jwk", "ec jwk", "with room", "certificate", "p-521"],
)
def test_one_is_read_in_whichever_form_it_is_handed_out(text: str, key: RSAKey | ECKey) -> None:
    read = parse_public_key(text, "enc")
    assert not read.is_private
    assert read.thumbprint() == key.thumbprint()
    assert read.kid == key.thumbprint()


def test_its_own_name_is_kept() -> None:
    assert parse_public_key(jwk(RSA, kid="the app's"), "enc").kid == "the app's"


@pytest.mark.parametrize(("text", "fault"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_is_of_no_use_is_told_and_none_of_it_repeated(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as told:
        parse_public_key(text, "enc")
    assert len(str(told.value)) < 200


@given(st.one_of(st.text(), st.text().map(lambda text: "{" + text), st.binary().map(repr)))
def test_whatever_else_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match="is "):
        parse_public_key(text, "enc")
