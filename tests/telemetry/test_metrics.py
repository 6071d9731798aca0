"""What requests and logins add to the metrics."""

from collections.abc import AsyncIterator, Callable

import pytest
from prometheus_client import REGISTRY

from snowflake.settings import Settings
from snowflake.settings.values import Address
from tests.login import come_back, depart, redeem, sign_in
from tests.raw import send_raw
from tests.running import Clock, Discord, Snowflake, running


def counted(name: str, **labels: str) -> Callable[[], float]:
    """Answer a function that tells how much has been counted since now."""
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    return lambda: (REGISTRY.get_sample_value(name, labels) or 0.0) - before


@pytest.fixture
async def measured(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    """Make a running Snowflake that is to show metrics."""
    changes = {"metrics": Address("127.0.0.1", 9000)}
    async with running(settings.model_copy(update=changes), clock, discord) as snowflake:
        yield snowflake


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
    measured: Snowflake, method: str, path: str, labels: tuple[str, str, str]
) -> None:
    name, route, status = labels
    requests = counted("snowflake_requests_total", method=name, route=route, status=status)
    times = counted("snowflake_request_seconds_count", route=route)
    await send_raw(measured.app, path, b"secret=secret", method=method)
    assert (requests(), times()) == (1, 1)
    samples = [sample for metric in REGISTRY.collect() for sample in metric.samples]
    assert "secret" not in str([sample.labels for sample in samples]).lower()


async def test_where_nobody_asks_for_metrics_no_requests_are_counted(snowflake: Snowflake) -> None:
    requests = counted("snowflake_requests_total", method="GET", route="/health", status="200")
    await send_raw(snowflake.app, "/health")
    assert requests() == 0


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
