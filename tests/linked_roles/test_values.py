import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from snowflake.linked_roles.schema import schema_of
from snowflake.linked_roles.values import username_of, values_of, zeroed
from snowflake.sandbox.discord.role_connections import RoleConnections
from snowflake.settings.tables.metadata import MetadataType
from tests.linked_roles.tables import linked_roles, metadata

TYPES = get_args(MetadataType)
INTEGERS = [type_ for type_ in TYPES if type_.startswith("integer")]
DATES = [type_ for type_ in TYPES if type_.startswith("datetime")]
BOOLEANS = [type_ for type_ in TYPES if type_.startswith("boolean")]
NOTHING = {
    "integer_less_than_or_equal": "2147483647",
    "integer_greater_than_or_equal": "-2147483648",
    "integer_equal": "2147483647",
    "integer_not_equal": "0",
    "datetime_less_than_or_equal": "2999-12-31T00:00:00Z",
    "datetime_greater_than_or_equal": "1970-01-01T00:00:00Z",
    "boolean_equal": "0",
    "boolean_not_equal": "1",
}


def value(type_: str, claim: object) -> str:
    return values_of({"it": claim}, linked_roles(metadata("key", type_, "it")))["key"]


@pytest.mark.parametrize("type_", INTEGERS)
@pytest.mark.parametrize(
    ("claim", "written"),
    [(0, "0"), (7, "7"), (-7, "-7"), (3.0, "3"), (2**53 - 1, "9007199254740991")],
)
def test_an_integer_is_a_whole_number(type_: str, claim: object, written: str) -> None:
    assert value(type_, claim) == written


@pytest.mark.parametrize("type_", INTEGERS)
@pytest.mark.parametrize(
    "claim", [None, True, "7", "", [1, 2], {}, 3.5, float("nan"), float("inf"), 2**53, -(10**400)]
)
def test_nothing_else_is_an_integer(type_: str, claim: object) -> None:
    assert value(type_, claim) == NOTHING[type_]


@pytest.mark.parametrize("type_", DATES)
@pytest.mark.parametrize(
    ("claim", "written"),
    [
        ("2024-02-29T12:30:45+01:00", "2024-02-29T11:30:45Z"),
        ("2024-02-29T12:30:45.678Z", "2024-02-29T12:30:45Z"),
        ("2024-02-29 12:30", "2024-02-29T12:30:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        (0, "1970-01-01T00:00:00Z"),
        (1_709_209_845, "2024-02-29T12:30:45Z"),
        (1_709_209_845.9, "2024-02-29T12:30:45Z"),
    ],
)
def test_a_date_is_an_iso_string_or_a_unix_time(type_: str, claim: object, written: str) -> None:
    assert value(type_, claim) == written


@pytest.mark.parametrize("type_", DATES)
@pytest.mark.parametrize(
    "claim",
    [
        None,
        True,
        "yesterday",
        "",
        "2023-02-29",
        "0001-01-01T00:00:00+14:00",
        [],
        {},
        10**20,
        -(10**20),
        10**400,
        float("nan"),
    ],
)
def test_nothing_else_is_a_date(type_: str, claim: object) -> None:
    assert value(type_, claim) == NOTHING[type_]


@pytest.mark.parametrize("type_", BOOLEANS)
@pytest.mark.parametrize(
    ("claim", "written"),
    [(True, "1"), (False, "0"), (1, "1"), (0, "0"), ("true", "1"), ("False", "0")],
)
def test_a_boolean_is_true_or_false(type_: str, claim: object, written: str) -> None:
    assert value(type_, claim) == written


@pytest.mark.parametrize("type_", BOOLEANS)
@pytest.mark.parametrize("claim", [None, "", "yes", 2, -1, 0.5, [], ["members"], {}, {"a": 1}])
def test_nothing_else_is_a_boolean(type_: str, claim: object) -> None:
    assert value(type_, claim) == NOTHING[type_]


@pytest.mark.parametrize(
    ("expression", "type_", "written"),
    [
        ("contains(groups, 'members')", "boolean_equal", "1"),
        ("contains(groups, 'admins')", "boolean_equal", "0"),
        ("length(groups)", "integer_greater_than_or_equal", "2"),
        ("length(groups[?starts_with(@, 'mem')])", "integer_equal", "1"),
        ("address.since", "datetime_less_than_or_equal", "2020-05-01T00:00:00Z"),
        ("'2020-01-01'", "datetime_less_than_or_equal", "2020-01-01T00:00:00Z"),
        ("`1`", "boolean_equal", "1"),
        ("age >= `18`", "boolean_equal", "1"),
        ('"https://example.com/level"', "integer_equal", "4"),
        ("not_null(missing, age)", "integer_equal", "20"),
    ],
)
def test_a_value_comes_from_an_expression(expression: str, type_: str, written: str) -> None:
    claims = {
        "groups": ["members", "choir"],
        "address": {"since": "2020-05-01"},
        "age": 20,
        "https://example.com/level": 4,
    }
    assert values_of(claims, linked_roles(metadata("key", type_, expression))) == {"key": written}


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize(
    "expression", ["contains(groups, 'members')", "sort(mixed)", "max(mixed)", "avg(none)"]
)
def test_an_expression_that_does_not_fit_the_claims_gives_nobody_a_role(
    type_: str, expression: str
) -> None:
    claims = {"mixed": [1, "two", None], "none": []}
    table = linked_roles(metadata("key", type_, expression))
    assert values_of(claims, table) == {"key": NOTHING[type_]}


@pytest.mark.parametrize("type_", TYPES)
def test_of_somebody_who_is_gone_nothing_holds(type_: str) -> None:
    assert zeroed(linked_roles(metadata("key", type_))) == {"key": NOTHING[type_]}


def test_what_is_written_for_nothing_fulfils_no_condition() -> None:
    now = datetime.now(UTC)
    days_ago = {
        type_: (now - datetime.fromisoformat(NOTHING[type_])).days
        for type_ in TYPES
        if type_.startswith("datetime")
    }
    # A guild asks for "at least 1 day ago" and for "at most 10,000 days ago".
    assert days_ago["datetime_less_than_or_equal"] < 1
    assert days_ago["datetime_greater_than_or_equal"] > 10_000
    withheld = {type_: int(NOTHING[type_]) for type_ in TYPES if type_.startswith("integer")}
    for of_guild in (-1_000_000, -1, 0, 1, 5, 1_000_000):
        assert not withheld["integer_less_than_or_equal"] <= of_guild
        assert not withheld["integer_greater_than_or_equal"] >= of_guild
        assert withheld["integer_equal"] != of_guild
    assert NOTHING["boolean_equal"] != "1"
    assert NOTHING["boolean_not_equal"] == "1"


def test_only_not_0_can_be_withheld_where_a_number_is_to_be_another() -> None:
    assert NOTHING["integer_not_equal"] == "0"


def test_every_key_has_a_value_in_the_order_of_the_table() -> None:
    table = linked_roles(metadata("b"), metadata("a", value="nothing"))
    assert list(values_of({"member": True}, table).items()) == [("b", "1"), ("a", "0")]


def test_the_log_names_the_key_and_never_the_value() -> None:
    with capture_logs() as logs:
        value("integer_equal", "a secret of the person")
    assert logs == [
        {
            "event": "linked_roles_value_withheld",
            "key": "key",
            "reason": "not a number",
            "log_level": "debug",
        }
    ]


def dumped(body: object) -> bytes:
    return json.dumps(body).encode()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
numbers_and_dates = st.integers() | st.floats() | st.datetimes().map(datetime.isoformat)
EXPRESSIONS = [
    "it",
    "it.it",
    "it[0]",
    "length(it)",
    "contains(it, 'a')",
    "it[?@ > `1`] | length(@)",
    "sort(it)[0]",
    "max(it)",
    "avg(it)",
    "sum(it)",
    "abs(it)",
    "ceil(it)",
    "join(',', it)",
    "to_number(it)",
    "to_string(it)",
    "values(it)",
    "max_by(it, &a)",
    "merge(it, it)",
    "reverse(it)",
    "sort_by(it, &a)[0].b",
]


@given(claim=anything | numbers_and_dates, expression=st.sampled_from(EXPRESSIONS))
def test_any_claim_and_any_type_give_what_discord_takes(claim: Any, expression: str) -> None:
    half = [metadata(type_, type_, expression) for type_ in TYPES]
    for items in (half[:4], half[4:]):
        table = linked_roles(*items)
        values = values_of({"it": claim}, table)
        discord = RoleConnections()
        discord.put_schema("1", dumped([item.model_dump() for item in schema_of(table)]))
        discord.put("1", "2", dumped({"metadata": values}))
        assert list(values) == [item["key"] for item in items]
        assert all(1 <= len(written) <= 100 for written in values.values())
        assert all(written.isascii() and written.isprintable() for written in values.values())


@given(claim=anything)
def test_a_username_is_one_line_that_discord_takes(claim: Any) -> None:
    name = username_of({"preferred_username": claim}, linked_roles())
    assert len(name) <= 100
    assert name == name.strip()
    assert name.isprintable()


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        ("nelly", "nelly"),
        (" nelly\r\nadmin ", "nellyadmin"),
        ("n" * 200, "n" * 100),
        ("\ud800", ""),
        (None, ""),
        (7, ""),
        (["nelly"], ""),
    ],
)
def test_a_username_is_cut_and_cleaned(claim: object, name: str) -> None:
    assert username_of({"preferred_username": claim}, linked_roles()) == name


def test_another_claim_may_be_the_username() -> None:
    table = linked_roles(username_claim="https://example.com/nick")
    assert username_of({"https://example.com/nick": "nelly"}, table) == "nelly"
    assert username_of({}, table) == ""
