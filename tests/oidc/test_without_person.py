"""Which expressions need no person, so that machines may have what they come to."""

from collections.abc import Mapping
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.expressions import Unsearchable, compiled, search
from snowflake.oidc.expressed import needs_person

MACHINE: Final = {
    "client": {"id": "ci", "name": "CI"},
    "assertion": {"sub": "repo:o/r:ref:main", "ref": "main", "labels": ["a", "b"]},
}
PERSON: Final = {
    "id": "80351110224678912",
    "username": "nelly",
    "groups": ["staff"],
    "guilds": [{"id": "197038439483310086", "roles": [{"id": "4", "name": "Admin"}]}],
}
ALONE: Final = (
    *("client.id", "client.name", "assertion.sub", "assertion.ref", "assertion.labels[0]"),
    *("assertion.missing", "@.client.id", "'main'", "`1`", "`null`"),
)
OF_PEOPLE: Final = ("username", "groups", "guilds[].id", "guilds[?id == '1'].roles[].name", "@")


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Make expressions of expressions, of each kind that there is."""
    of_two = st.sampled_from(
        [
            *("({} || {})", "({} && {})", "({} == {})", "[{}, {}]", "{{a: {}, b: {}}}"),
            *("starts_with({}, {})", "contains({}, {})", "not_null({}, {})", "join({}, [{}])"),
        ]
    )
    of_one = st.sampled_from(
        ["!({})", "to_string({})", "({} | @)", "type({})", "[{}][0]", "([{}] | sort(@))"]
    )
    two = st.builds(lambda form, a, b: form.format(a, b), of_two, parts, parts)
    return two | st.builds(lambda form, a: form.format(a), of_one, parts)


def comes_to(text: str, document: Mapping[str, object]) -> object:
    try:
        return search(compiled(text), document)
    except Unsearchable:
        return "it fails"


@given(text=st.recursive(st.sampled_from(ALONE), joined, max_leaves=5))
def test_what_looks_at_a_client_and_at_what_has_proven_it_needs_no_person(text: str) -> None:
    assert not needs_person(text)


@given(text=st.recursive(st.sampled_from((*ALONE, *OF_PEOPLE)), joined, max_leaves=5))
def test_what_needs_no_person_comes_to_the_same_whoever_is_there(text: str) -> None:
    if not needs_person(text):
        assert comes_to(text, MACHINE) == comes_to(text, {**PERSON, **MACHINE})


@pytest.mark.parametrize(
    "text",
    [
        *OF_PEOPLE,
        *("client.id || username", "contains(groups, client.id)", "{a: client.id, b: email}"),
        *("*", "keys(@)", "values(@)", "to_string(@)", "map(&id, guilds)", "client.id && !locale"),
    ],
)
def test_an_expression_that_looks_at_a_person_needs_one(text: str) -> None:
    assert needs_person(text)
