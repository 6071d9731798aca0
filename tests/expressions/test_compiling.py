import pytest

from snowflake.expressions import compiled


@pytest.mark.parametrize(
    "expression",
    [
        "a.b.c",
        "contains(groups, 'members')",
        "length(groups[?starts_with(@, 'team-')])",
        "not_null(a, b, `7`)",
        "max_by(people, &age).name",
        "a[1:2] | [0]",
        "{a: length(b)}.a",
        '"https://example.com/claim"',
        "`true`",
    ],
)
def test_an_expression_that_can_work_is_taken(expression: str) -> None:
    compiled(expression)
