"""The pictures of README and guides."""

import pytest

from tests.guides.documents import ROOT, pictures
from tests.pictures import MAX_PICTURE, PICTURES
from tests.pictures.diagram import login

SHOWN = list(pictures())


@pytest.mark.parametrize(("document", "words", "place"), SHOWN)
def test_a_picture_is_there_and_has_words_for_whoever_does_not_see_it(
    document: str, words: str, place: str
) -> None:
    assert ((ROOT / document).parent / place).resolve().parent == PICTURES
    assert ((ROOT / document).parent / place).is_file()
    assert len(words) >= 20


def test_each_is_shown_somewhere_and_small() -> None:
    shown = {(ROOT / document).parent.joinpath(place).resolve() for document, _, place in SHOWN}
    assert set(PICTURES.iterdir()) == shown
    assert [file.name for file in shown if file.stat().st_size > MAX_PICTURE] == []


def test_the_diagram_is_as_it_would_be_drawn_today() -> None:
    assert (PICTURES / "login.svg").read_text("utf-8") == login()
