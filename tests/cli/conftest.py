from collections.abc import Iterator

import pytest

from tests.serving import logging_unchanged


@pytest.fixture(autouse=True)
def _logging_unchanged() -> Iterator[None]:
    with logging_unchanged():
        yield
