import pytest

from snowflake.sandbox.pages import hue, initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lindqvist", "AL"),
        ("hermit", "H"),
        ("noor_ibrahim", "NI"),
        ("Mina, perhaps not", "MP"),
        ("✨ Tomás", "T"),
        ("نور الخريطة", "نا"),
        ("✨", "?"),
        ("", "?"),
    ],
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_colour_is_one_of_eight_and_stays() -> None:
    hues = [hue(str(number)) for number in range(100)]
    assert set(hues) == set(range(8))
    assert hues == [hue(str(number)) for number in range(100)]
