from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from snowflake.settings import Settings
from tests.oidc.signed_in import GRAFANA, keeping_sessions
from tests.running import Clock, Discord, Snowflake
from tests.web.device.television import BOTH, TELEVISION, TOOL


@pytest.fixture(params=[timedelta(hours=12), timedelta(0)], ids=["sessions", "no sessions"])
async def snowflake(
    request: pytest.FixtureRequest, settings: Settings, clock: Clock, discord: Discord
) -> AsyncIterator[Snowflake]:
    """Run a Snowflake with two clients of devices, and one of browsers."""
    clients = TELEVISION, TOOL, BOTH, GRAFANA
    lasting = {"session_lifetime": request.param}
    async with keeping_sessions(settings, clock, discord, *clients, **lasting) as running:
        yield running


@pytest.fixture
async def device(snowflake: Snowflake) -> AsyncIterator[httpx.AsyncClient]:
    """Answer the device: somewhere else than the browser, and without its cookies."""
    async with snowflake.another_browser() as client:
        yield client
