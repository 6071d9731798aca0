import base64
from hashlib import sha512

import pytest

from snowflake.crypto.algorithms import ALGORITHMS, RS256
from snowflake.oidc.tokens.hashes import half_hash

# OpenID Connect Core 1.0, appendix A: access token and code of its examples.
EXAMPLES = {
    "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y": "77QmUPtjPfzWtF2AnpK9RQ",
    "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk": "LDktKdoQak3Pk0cnXxCltA",
}


@pytest.mark.parametrize("value", EXAMPLES)
def test_it_is_that_of_the_specification(value: str) -> None:
    assert half_hash(value, RS256) == EXAMPLES[value]


@pytest.mark.parametrize(
    ("algorithm", "size"),
    {
        "RS256": 16,
        "PS256": 16,
        "ES256": 16,
        "HS256": 16,
        "ES384": 24,
        "ES512": 32,
        "EdDSA": 32,
    }.items(),
)
def test_it_is_half_of_what_the_algorithm_hashes_with(algorithm: str, size: int) -> None:
    assert len(base64.urlsafe_b64decode(half_hash("token", ALGORITHMS[algorithm]) + "==")) == size


def test_that_of_ed25519_is_sha_512() -> None:
    half = base64.urlsafe_b64encode(sha512(b"token").digest()[:32]).rstrip(b"=").decode()
    assert half_hash("token", ALGORITHMS["EdDSA"]) == half
