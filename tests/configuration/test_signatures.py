"""``signing_alg`` of a registered client, as it stands in the file."""

from pathlib import Path
from typing import get_args

import pytest

from snowflake.crypto.algorithms import ALGORITHMS, BY_KEY, KeyAlgorithm
from snowflake.settings.tables.clients.signatures import SigningAlgorithm
from tests.configuration.conftest import APPLICATION, Faults, Load

HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$FwIpst8/bEZr+O6SxJI4nw$"
    "jJWQwnYb0LBLQL30mS9XPJOcYdrJNrdywbRlo3/73tY"
)
LONG = "a secret of more than thirty-two bytes"


def client(secret: str, algorithm: str = "HS256") -> str:
    return (
        f"{APPLICATION}[[clients]]\nid = 'wiki'\nredirect_uris = ['https://wiki.example.com/cb']\n"
        f"signing_alg = '{algorithm}'\n{secret}\n"
    )


def test_an_algorithm_is_known_by_one_name_everywhere() -> None:
    assert set(get_args(SigningAlgorithm)) == set(ALGORITHMS)
    assert get_args(KeyAlgorithm) == tuple(BY_KEY)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_client_chooses_one(algorithm: str, load: Load) -> None:
    [table] = load(client(f"secret = '{LONG}'", algorithm)).clients
    assert table.signing_alg == algorithm
    assert table.signed_userinfo is False


@pytest.mark.parametrize("algorithm", ["none", "RS512", "HS512", "es256", "Ed25519", ""])
def test_one_that_is_not_there_stops_the_start(algorithm: str, faults: Faults) -> None:
    [told] = faults(client(f"secret = '{LONG}'", algorithm))
    assert told.startswith("6: clients.wiki.signing_alg: ")
    assert "'RS256'" in told


SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx9m5hFqjY0gNqFq1gD7oKQYCw8tuh1Y1ZcHqV3JX8K"
UNUSABLE = {
    "public = true": "needs a client secret for HS256, and the client is public",
    f"secret = '{HASH}'": "needs the client secret itself for HS256, and there is only a hash",
    f"secret = '{'x' * 31}'": "needs a client secret of at least 32 bytes for HS256",
    f"secret = '{SSH}'": "needs a secret for HS256, and this one is a public key",
}


@pytest.mark.parametrize("secret", UNUSABLE)
def test_a_secret_that_cannot_sign_stops_the_start(secret: str, load: Load, faults: Faults) -> None:
    assert faults(client(secret)) == [f"6: clients.wiki.signing_alg: {UNUSABLE[secret]}"]
    # Where a key signs, it may be as it is.
    assert load(client(secret, "ES256")).clients


def test_its_bytes_count_and_not_its_characters(load: Load) -> None:
    assert load(client("secret = '" + "\u00fc" * 16 + "'")).clients


def test_it_may_stand_in_a_file_of_its_own(load: Load, faults: Faults, file: Path) -> None:
    path = file.parent / "secret"
    path.write_text(f"{LONG}\n", "utf-8")
    [table] = load(client("secret_file = 'secret'")).clients
    assert table.secret is not None
    assert table.secret.get_secret_value() == LONG
    path.write_text("short\n", "utf-8")
    assert faults(client("secret_file = 'secret'")) == [
        "6: clients.wiki.signing_alg: needs a client secret of at least 32 bytes for HS256"
    ]
    path.unlink()
    [told] = faults(client("secret_file = 'secret'"))
    assert told.startswith("7: clients.wiki.secret_file: cannot read")


def test_a_secret_that_is_no_good_at_all_is_told_alone(faults: Faults) -> None:
    [told] = faults(client("secret = ''"))
    assert told == "7: clients.wiki.secret: is empty"
