import httpx
import pytest

from snowflake.discord.failures import token_error, unusable
from snowflake.errors import TemporarilyUnavailable
from tests.discord.calls import whole


@pytest.mark.parametrize(
    ("status", "answered"),
    [(200, True), (400, True), (403, True), (404, True), (429, True), (500, False), (503, False)],
)
def test_all_but_an_outage_is_an_answer(status: int, answered: bool) -> None:
    assert unusable(whole(httpx.Response(status))).answered is answered


def test_a_400_without_a_usable_error_is_an_answer() -> None:
    error = token_error(whole(httpx.Response(400, json={"error": "strange"})))
    assert isinstance(error, TemporarilyUnavailable)
    assert error.answered
