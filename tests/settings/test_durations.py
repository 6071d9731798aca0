import contextlib
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.settings.durations import parse_duration

NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,
    "\u03bcs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86400 * 10**9,
    "w": 7 * 86400 * 10**9,
    "mm": 30 * 86400 * 10**9,
    "y": 365 * 86400 * 10**9,
}
# Go's grammar for one term: digits on at least one side of an optional point, then a unit.
whole = st.integers(0, 500).map(str)
number = st.one_of(
    whole,
    whole.map(lambda digits: digits + "."),
    whole.map(lambda digits: "." + digits),
    st.tuples(whole, whole).map(".".join),
)
term = st.tuples(number, st.sampled_from(sorted(NANOSECONDS)))


@given(st.sampled_from(["", "+"]), st.lists(term, min_size=1, max_size=4))
def test_whatever_go_understands_is_understood(sign: str, terms: list[tuple[str, str]]) -> None:
    parsed = parse_duration(sign + "".join(value + unit for value, unit in terms))
    exact = sum((_fraction(value) * NANOSECONDS[unit] for value, unit in terms), Fraction(0))
    assert abs(parsed / timedelta(microseconds=1) - float(exact / 1000)) <= 1 + float(exact) * 1e-15


def _fraction(value: str) -> Fraction:
    return Fraction(f"0{value}" if value.startswith(".") else value.removesuffix("."))


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("1h", timedelta(hours=1)),
        ("1h30m", timedelta(minutes=90)),
        ("90s", timedelta(seconds=90)),
        ("1.5h", timedelta(minutes=90)),
        ("1mm", timedelta(days=30)),
        ("1m1m", timedelta(minutes=2)),
        ("1y2w3d", timedelta(days=382)),
        ("0", timedelta(0)),
        ("+0", timedelta(0)),
    ],
)
def test_a_duration_is_the_sum_of_its_terms(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "h",
        ".h",
        "1h ",
        " 1h",
        "1h, 2m",
        "1h2",
        "-1h",
        "--1h",
        "1.2.3h",
        "1H",
        "\u0661h",
        "1e3s",
        "1_0s",
        "1h\n",
        "1 h",
        "inf",
        "nan",
        "+",
        "1fortnight",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["9999999999y", "9" * 400 + "y", "1h" + "9" * 30 + "d"])
def test_a_duration_longer_than_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="longer"):
        parse_duration(text)


@given(st.text(max_size=20))
def test_no_text_makes_it_stumble(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_duration(text) >= timedelta(0)
