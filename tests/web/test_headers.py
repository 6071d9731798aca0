"""Headers that answers get besides their own."""

import pytest

from snowflake.web.headers import FRAMING, added_headers

SHARED = {b"access-control-allow-origin", b"access-control-expose-headers"}
ALWAYS = {
    b"cache-control",
    b"permissions-policy",
    b"referrer-policy",
    b"x-content-type-options",
}


def names(*own: bytes, shared: bool = False) -> set[bytes]:
    return {name for name, _ in added_headers(frozenset(own), shared=shared)}


def test_an_answer_gets_what_it_lacks() -> None:
    assert names() == ALWAYS | FRAMING
    assert names(b"cache-control", b"content-type") == ALWAYS - {b"cache-control"} | FRAMING


def test_a_redirect_may_be_followed_in_a_frame() -> None:
    assert names(b"location") == ALWAYS


@pytest.mark.parametrize("own", [(), (b"location",), (b"cache-control", b"content-type")])
def test_only_what_is_shared_is_for_scripts_of_other_origins(own: tuple[bytes, ...]) -> None:
    assert names(*own, shared=True) - names(*own) == SHARED
    assert not names(*own) & SHARED
