"""``encryption_key`` and what goes with it."""

from pathlib import Path

import pytest

from tests.configuration.conftest import APPLICATION, Faults, Load
from tests.configuration.test_loading import CLIENT
from tests.public_keys import EC, RSA, certificate, jwk, pem

WITH_SECRET = f'{APPLICATION}{CLIENT}secret = "s"\n'


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (pem(RSA), "RSA-OAEP-256"),
        (certificate(), "RSA-OAEP-256"),
        (jwk(RSA), "RSA-OAEP-256"),
        (pem(EC), "ECDH-ES+A256KW"),
        (jwk(EC), "ECDH-ES+A256KW"),
    ],
    ids=["rsa pem", "certificate", "rsa jwk", "ec pem", "ec jwk"],
)
def test_the_algorithm_follows_the_key(load: Load, key: str, algorithm: str) -> None:
    [client] = load(f"{WITH_SECRET}encryption_key = '''{key}'''").clients
    assert client.encryption is not None
    assert client.encryption.alg == algorithm
    assert client.encryption.enc == "A256CBC-HS512"


def test_it_may_stand_in_a_file(load: Load, file: Path) -> None:
    file.with_name("app.pem").write_text(pem(RSA))
    [client] = load(f'{WITH_SECRET}encryption_key_file = "app.pem"').clients
    assert client.encryption is not None
    assert client.encryption.key.thumbprint() == RSA.thumbprint()


def test_without_one_nothing_is_encrypted(load: Load) -> None:
    [client] = load(WITH_SECRET).clients
    assert client.encryption is None


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('encryption_key_file = "none"', "encryption_key_file: cannot read "),
        ("encryption_key = 'x'", "encryption_key: is neither a PEM public key"),
        (f"encryption_key = '''{pem(EC, private=True)}'''", "encryption_key: is a private key"),
        (
            f"encryption_alg = 'ECDH-ES+A256KW'\nencryption_key = '''{pem(RSA)}'''",
            'encryption_alg must be "RSA-OAEP-256" with this encryption_key',
        ),
        ("encryption_alg = 'RSA-OAEP-256'", "encryption_alg needs encryption_key"),
        ("encryption_enc = 'A128GCM'", "encryption_enc needs encryption_key"),
        (
            f"encryption_alg = 'RSA1_5'\nencryption_key = '''{pem(RSA)}'''",
            "encryption_alg: must be",
        ),
        ("encryption_enc = 'A512GCM'", "encryption_enc: must be"),
    ],
    ids=[
        "no file",
        "no key",
        "private",
        "of another kind",
        "no key for it",
        "nor for this",
        "unknown",
        "content",
    ],
)
def test_what_cannot_be_is_told_at_the_start(faults: Faults, lines: str, fault: str) -> None:
    [told] = faults(WITH_SECRET + lines)
    assert fault in told
    assert "grafana" in told
