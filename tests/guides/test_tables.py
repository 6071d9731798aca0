from collections import Counter

import pytest

from tests.guides.documents import DOCUMENTS, text_of
from tests.guides.tables import TABLES, places, written


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_tables_say_what_the_code_does(document: str) -> None:
    text = text_of(document)
    assert text == written(text), "run: python -m tests.guides.tables"


def test_every_table_stands_in_one_document() -> None:
    counted = Counter(name for document in DOCUMENTS for name in places(text_of(document)))
    assert {name: counted[name] for name in TABLES} == dict.fromkeys(TABLES, 1)


def test_a_place_without_a_head_is_told() -> None:
    with pytest.raises(AssertionError, match="the place for the table scopes"):
        written("<!-- scopes -->\n<!-- /scopes -->\n")
