"""``[access] watch``; what the conditions mean is tested with the policies."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from snowflake.settings.tables.access import AccessTable


@pytest.mark.parametrize(("written", "seconds"), [("5s", 5), ("1h", 3600), ("0", 0), ("0s", 0)])
def test_a_bot_looks_again_every_five_seconds_at_most_or_never(written: str, seconds: int) -> None:
    assert AccessTable.model_validate({"watch": written}).watch == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", ["4s", "0.5s", "-5s", "often", ""])
def test_nothing_else_is_taken(written: str) -> None:
    with pytest.raises(ValidationError, match="watch"):
        AccessTable.model_validate({"watch": written})


def test_how_often_a_bot_looks_keeps_nobody_out() -> None:
    assert not AccessTable(watch=timedelta(hours=1)).has_conditions
