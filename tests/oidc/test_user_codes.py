import re

import pytest

from snowflake.oidc.user_codes import LENGTH, LETTERS, new_user_code, shown, typed


def test_a_code_makes_no_words_and_no_doubts() -> None:
    assert not {*LETTERS} & {*"AEIOUY", *"0123456789"}
    codes = {new_user_code() for _ in range(200)}
    assert len(codes) == 200
    assert {letter for code in codes for letter in code} == {*LETTERS}
    for code in codes:
        assert re.fullmatch(r"[A-Z]{4}-[A-Z]{4}", shown(code))
        assert typed(shown(code)) == code
        assert len(code) == LENGTH


@pytest.mark.parametrize(
    "text",
    ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "B-C-D-F-G-H-J-K", "bcdf\u2013ghjk", "BcDf\tgHjK"],
)
def test_it_is_read_however_it_is_typed(text: str) -> None:
    assert typed(text) == "BCDFGHJK"


@pytest.mark.parametrize("text", ["", "-", "BCDFGHJ", "BCDFGHJKL", "BCDFGHJA", "BCDFGHJ0"])
def test_anything_else_is_no_code(text: str) -> None:
    assert typed(text) is None
