import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.theme import STYLE
from snowflake.web.accent import DAY, NIGHT, READABLE, contrast, readable

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_every_colour_can_be_read_by_day_and_by_night(colour: str) -> None:
    day, night = readable(colour)
    assert contrast(day, DAY) >= READABLE
    assert contrast(night, NIGHT) >= READABLE


@pytest.mark.parametrize(
    ("colour", "day", "night"),
    [
        ("#2b5fb8", "#2b5fb8", None),
        ("#8db4f5", None, "#8db4f5"),
        ("#000", "#000000", None),
        ("#fff", None, "#ffffff"),
    ],
)
def test_one_that_can_be_read_stays_as_it_is(
    colour: str, day: str | None, night: str | None
) -> None:
    shades = readable(colour)
    assert (shades.day == day) is (day is not None)
    assert (shades.night == night) is (night is not None)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    # WCAG's own ends, and a grey that is known for being the lightest one on white.
    [("#000", "#fff", 21), ("#fff", "#fff", 1), ("#767676", "#ffffff", 4.54)],
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == pytest.approx(expected, abs=0.01)


def test_the_cards_are_those_of_the_style_sheet() -> None:
    assert f"--card: light-dark({DAY}, {NIGHT});" in STYLE
