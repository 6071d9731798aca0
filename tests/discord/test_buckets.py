import httpx
import pytest

from snowflake.discord.buckets import refusal_of


def limited(**fields: object) -> httpx.Response:
    return httpx.Response(
        429, json=fields, headers={"retry-after": "9", "x-ratelimit-scope": "user"}
    )


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (limited(retry_after=1.5, **{"global": "perhaps"}), 1.5),
        (limited(retry_after="soon", **{"global": False}), 9),
        (limited(retry_after=1.5, code="x"), 1.5),
    ],
)
def test_a_limit_with_an_odd_field_is_one(answer: httpx.Response, wait: float) -> None:
    refusal = refusal_of(answer)
    assert (refusal.wait, refusal.stops_everything) == (wait, False)
