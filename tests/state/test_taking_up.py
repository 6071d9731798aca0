"""A changed configuration is used once there are the keys that it needs."""

import pytest
from structlog.testing import capture_logs

from snowflake.errors import StoreDown
from snowflake.settings import Settings
from snowflake.state.state import LOOK_EVERY
from tests.oidc.signed_in import GRAFANA, WIKI
from tests.oidc.test_registered_clients import registering
from tests.running import Snowflake
from tests.sleeping import let_sleep


async def test_all_goes_on_as_before_until_the_store_can_be_asked(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = snowflake.state
    changed = registering(snowflake.settings, GRAFANA.model_copy(update={"signing_alg": "ES256"}))
    tried: list[Settings] = []
    slept: list[float] = []
    make_for = state.keys.make_for

    async def failing_twice(settings: Settings) -> None:
        tried.append(settings)
        if len(tried) < 3:
            raise StoreDown("the store does not answer", cause="it is away")
        await make_for(settings)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert state.registry.application is None

    monkeypatch.setattr(state.keys, "make_for", failing_twice)
    let_sleep(monkeypatch, "snowflake.state.state", sleep)
    with capture_logs() as log:
        await state.take_up(changed)
    assert tried == [changed] * 3
    assert slept == [LOOK_EVERY, LOOK_EVERY, 2 * LOOK_EVERY]
    assert [line["event"] for line in log].count("configuration_waits") == 3
    client = state.registry.find("grafana")
    assert client is not None
    assert state.keys.signs_for(client).algorithm.name == "ES256"


async def test_one_that_needs_no_new_key_is_used_at_once(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sleep(_: float) -> None:
        raise AssertionError

    let_sleep(monkeypatch, "snowflake.state.state", sleep)
    await snowflake.state.take_up(registering(snowflake.settings, GRAFANA, WIKI))
    assert snowflake.state.registry.application is not None
