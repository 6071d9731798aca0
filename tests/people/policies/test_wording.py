import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.discord.models import Guild
from snowflake.people.policies.moments import moment
from snowflake.people.policies.naming import all_of, one_of, server_names
from tests.people.policies.cases import BIRDS, STRANGER


@pytest.mark.parametrize(
    ("names", "any_of_them", "all_of_them"),
    [
        ([], "a certain role", "a certain role"),
        ([""], "a certain role", "a certain role"),
        (["a"], "the role “a”", "the role “a”"),
        (["a", "b"], "one of the roles “a”, “b”", "the roles “a”, “b”"),
        (["a", ""], "one of certain roles", "2 certain roles"),
    ],
)
def test_names_are_told_where_all_are_known(
    names: list[str], any_of_them: str, all_of_them: str
) -> None:
    assert one_of("role", names) == any_of_them
    assert all_of("role", names) == all_of_them


def test_a_name_on_the_persons_own_list_will_do() -> None:
    person = replace(STRANGER, guilds=(Guild(id=BIRDS, name="Birds"),))
    assert server_names([BIRDS], person) == ["Birds"]


@given(st.text(max_size=100))
def test_no_name_turns_the_sentence_around_it(name: str) -> None:
    [shown] = server_names([BIRDS], replace(STRANGER, guild_names={BIRDS: name}))
    kinds = {unicodedata.category(one) for one in shown if one not in "\u200c\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_controls_are_taken_out_of_a_name() -> None:
    person = replace(STRANGER, guild_names={BIRDS: "\u202e a\u2069\n\tb\u200f "})
    assert server_names([BIRDS], person) == ["a b"]


@pytest.mark.parametrize(
    ("unix", "words"),
    [
        (0, "1 January 1970, 00:00 UTC"),
        (1, "1 January 1970, 00:01 UTC"),
        (1_800_000_000, "15 January 2027, 08:00 UTC"),
        (1e15, "31 December 9999, 23:59 UTC"),
    ],
)
def test_a_moment_is_never_told_too_early(unix: float, words: str) -> None:
    assert moment(unix) == words
