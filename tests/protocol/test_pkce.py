import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.errors import InvalidGrant
from snowflake.protocol.pkce import challenge_of, check_verifier, new_verifier

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def test_the_challenge_is_that_of_the_specification() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE
    check_verifier(CHALLENGE, VERIFIER)


@given(st.text(UNRESERVED, min_size=43, max_size=128))
def test_every_verifier_of_43_to_128_characters_is_accepted(verifier: str) -> None:
    check_verifier(challenge_of(verifier), verifier)


@pytest.mark.parametrize(
    "verifier", ["", "a" * 42, "a" * 129, "a" * 42 + "\u00e9", "a" * 42 + "+", "a" * 43 + "\n"]
)
def test_any_other_is_refused_even_if_it_matches(verifier: str) -> None:
    with pytest.raises(InvalidGrant, match="43 to 128"):
        check_verifier(challenge_of(verifier), verifier)


@pytest.mark.parametrize(
    ("challenge", "verifier"),
    [(CHALLENGE, None), (CHALLENGE, VERIFIER[:-1] + "A"), (CHALLENGE, CHALLENGE), (None, VERIFIER)],
)
def test_what_does_not_belong_together_is_refused(
    challenge: str | None, verifier: str | None
) -> None:
    with pytest.raises(InvalidGrant):
        check_verifier(challenge, verifier)


def test_without_pkce_there_is_nothing_to_check() -> None:
    check_verifier(None, None)


def test_our_own_verifiers_are_new_each_time() -> None:
    verifiers = {new_verifier() for _ in range(10)}
    assert len(verifiers) == 10
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", verifier) for verifier in verifiers)
