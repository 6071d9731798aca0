from typing import Any

import pytest

from snowflake.linked_roles.values import values_of, zeroed
from snowflake.linked_roles.words import in_words
from tests.linked_roles.tables import linked_roles, metadata


def word(type_: str, found: Any) -> str:
    table = linked_roles(metadata("key", type_, "found"))
    [said] = in_words(values_of({"found": found}, table), table)
    assert said.name == "Key"
    return said.value


@pytest.mark.parametrize(
    ("type_", "found", "said"),
    [
        ("boolean_equal", True, "yes"),
        ("boolean_equal", False, "no"),
        ("boolean_equal", None, "no"),
        ("boolean_not_equal", False, "no"),
        ("integer_equal", 12, "12"),
        ("integer_greater_than_or_equal", 0, "0"),
        ("integer_greater_than_or_equal", -1, "-1"),
        ("integer_greater_than_or_equal", None, "not known"),
        ("integer_equal", None, "not known"),
        ("integer_not_equal", None, "0"),
        ("integer_less_than_or_equal", None, "not known"),
        ("integer_not_equal", -3, "-3"),
        ("datetime_less_than_or_equal", "2021-03-14T23:30:00-02:00", "15 March 2021"),
        ("datetime_greater_than_or_equal", 0.0, "not known"),
        ("datetime_less_than_or_equal", None, "not known"),
    ],
)
def test_a_value_is_said_as_people_say_it(type_: str, found: Any, said: str) -> None:
    assert word(type_, found) == said


def test_what_was_not_put_is_not_said() -> None:
    table = linked_roles(metadata("first"), metadata("second"))
    assert [said.name for said in in_words({"second": "1"}, table)] == ["Second"]
    assert len(in_words(zeroed(table), table)) == 2
