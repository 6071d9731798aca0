from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snowflake.expressions import Unsearchable, compiled, search
from snowflake.expressions.searching import MAX_STEPS

DOUBLING = " | ".join(["@", *["[@, @]"] * 40])


@pytest.mark.parametrize(
    ("text", "data", "found"),
    [
        ("a.b", {"a": {"b": 1}}, 1),
        ("a[?b == `1`].c", {"a": [{"b": 1, "c": "x"}, {"b": 2}]}, ["x"]),
        ("a > `1`", {"a": 2}, True),
        ("a == 'x' && `true`", {"a": "x"}, True),
        ("join('-', a)", {"a": ["x", "y"]}, "x-y"),
        ("max_by(a, &b).b", {"a": [{"b": 1}, {"b": 3}]}, 3),
        ("merge(a, {c: `1`})", {"a": {"b": 0}}, {"b": 0, "c": 1}),
        ("missing", {}, None),
    ],
)
def test_what_the_library_finds_is_found(text: str, data: object, found: object) -> None:
    assert search(compiled(text), data) == found == compiled(text).search(data)


@pytest.mark.parametrize(
    "text", ["contains(a, 'x')", "abs('x')", "sort(b)", "sum(b)", "map(&id, a)", "b[::0]"]
)
def test_what_does_not_fit_is_one_kind_of_fault_and_repeats_nothing(text: str) -> None:
    with pytest.raises(Unsearchable) as fault:
        search(compiled(text), {"a": None, "b": ["nelly@example.com", 1]})
    assert str(fault.value) == "does not fit what it is searched for in"


@pytest.mark.parametrize(
    "text",
    [
        DOUBLING,
        " | ".join(["[@]", *["[@, @][]"] * 30]),
        f"{DOUBLING} | to_string(@)",
        f"{DOUBLING} | length(@)",
        f"[{DOUBLING}, {DOUBLING}] | [0] == [1]",
        " | ".join(["'aaaaaaaaaaaaaaaa'", *["join(@, ['x', 'x', 'x', @])"] * 20]),
        " | ".join(["'\\\\'", *["to_string([@])"] * 60]),
        " | ".join(["@", *["{a: @, b: @}"] * 40, "merge(@, @)"]),
    ],
)
def test_no_expression_works_longer_than_its_steps(text: str) -> None:
    with pytest.raises(Unsearchable, match="takes too many steps"):
        search(compiled(text), {"a": 1})


def test_a_large_document_is_searched_within_the_steps() -> None:
    """Two hundred guilds, in twenty of which the roles are known, 250 each."""
    roles = [{"id": str(role), "name": f"role {role}"} for role in range(250)]
    guilds = [{"id": str(at), "roles": roles if at < 20 else None} for at in range(200)]
    for text in ("guilds[].roles[?name == 'role 7'].id[]", "guilds[?roles[?id == '249']].id"):
        assert len(search(compiled(text), {"guilds": guilds})) == 20


def test_steps_are_those_of_the_whole_search() -> None:
    data = {"a": list(range(100))}
    assert len(search(compiled("a[*].[@]"), data, 1000)) == 100
    with pytest.raises(Unsearchable):
        search(compiled("a[*].[@]"), data, 100)
    assert MAX_STEPS > 1000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=10,
)


# Whatever JSON holds.
@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="abc@[]{}()|&!=<>.*?:,'`\"0123 -\\", max_size=30)
    | st.sampled_from(["a[?b > `1`]", "sort_by(a, &b)", "to_number(a)", "avg(a)", "keys(@)"]),
    json_values,
)
def test_whatever_is_written_comes_to_something_or_to_one_kind_of_fault(
    text: str, data: Any
) -> None:
    try:
        expression = compiled(text)
    except ValueError:
        return
    with suppress(Unsearchable):
        search(expression, data)
