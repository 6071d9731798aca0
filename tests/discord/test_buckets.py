import httpx
import pytest

from snowflake.discord.buckets import refusal_of
from snowflake.outbound.answer import Answer
from tests.discord.calls import whole


def limited(**fields: object) -> Answer:
    headers = {"retry-after": "9", "x-ratelimit-scope": "user"}
    return whole(httpx.Response(429, json=fields, headers=headers))


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (limited(retry_after=1.5, **{"global": "perhaps"}), 1.5),
        (limited(retry_after="soon", **{"global": False}), 9),
        (limited(retry_after=1.5, code="x"), 1.5),
    ],
)
def test_a_limit_with_an_odd_field_is_one(answer: Answer, wait: float) -> None:
    refusal = refusal_of(answer)
    assert (refusal.wait, refusal.stops_everything) == (wait, False)
