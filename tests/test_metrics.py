"""What requests and logins add to the metrics."""

from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from tests.login import come_back, depart, redeem, sign_in
from tests.raw import send_raw
from tests.running import Snowflake


def counted(name: str, **labels: str) -> Callable[[], float]:
    """Answer a function that tells how much has been counted since now."""
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    return lambda: (REGISTRY.get_sample_value(name, labels) or 0.0) - before


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/health", ("GET", "/health", "200")),
        ("DELETE", "/token", ("DELETE", "/token", "405")),
        ("PURGE-SECRET", "/token", ("other", "/token", "405")),
        ("GET", "/r/https://a.example/secret", ("GET", "/r/{redirect_uri:path}", "400")),
        ("GET", "/nowhere/secret", ("GET", "unknown", "404")),
    ],
)
async def test_a_request_is_counted_by_names_of_ours_alone(
    snowflake: Snowflake, method: str, path: str, labels: tuple[str, str, str]
) -> None:
    name, route, status = labels
    requests = counted("snowflake_requests_total", method=name, route=route, status=status)
    times = counted("snowflake_request_seconds_count", route=route)
    await send_raw(snowflake.app, path, b"secret=secret", method=method)
    assert (requests(), times()) == (1, 1)
    samples = [sample for metric in REGISTRY.collect() for sample in metric.samples]
    assert "secret" not in str([sample.labels for sample in samples]).lower()


def logins(outcome: str) -> Callable[[], float]:
    return counted("snowflake_logins_total", outcome=outcome)


async def test_a_login_is_counted_when_its_code_is_redeemed(snowflake: Snowflake) -> None:
    completed = logins("completed")
    await sign_in(snowflake.browser)
    assert completed() == 1


@pytest.mark.parametrize("error", ["access_denied", "temporarily_unavailable"])
async def test_a_login_that_discord_ends_is_counted_by_its_error(
    snowflake: Snowflake, error: str
) -> None:
    ended = logins(error)
    departure = await depart(snowflake.browser)
    await come_back(snowflake.browser, departure, code=None, error=error)
    assert ended() == 1


async def test_an_error_that_nobody_knows_is_no_label(snowflake: Snowflake) -> None:
    ended = logins("server_error")
    departure = await depart(snowflake.browser)
    await come_back(snowflake.browser, departure, code=None, error="a_secret")
    assert ended() == 1


async def test_a_login_that_is_refused_on_the_way_back_is_counted(snowflake: Snowflake) -> None:
    unknown, invalid = logins("LoginUnknown"), logins("invalid_request")
    departure = await depart(snowflake.browser)
    await come_back(snowflake.browser, departure, state="another")
    await come_back(snowflake.browser, departure, iss="https://evil.example.com")
    assert (unknown(), invalid()) == (1, 1)


async def test_a_login_that_is_refused_at_the_token_endpoint_is_counted(
    snowflake: Snowflake,
) -> None:
    invalid = logins("invalid_grant")
    await redeem(snowflake.browser, "another")
    assert invalid() == 1


async def test_what_is_refused_elsewhere_is_no_login(snowflake: Snowflake) -> None:
    invalid = logins("invalid_token")
    await snowflake.browser.get("/userinfo", headers={"authorization": "Bearer x"})
    assert invalid() == 0
