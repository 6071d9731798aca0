from collections.abc import AsyncIterator

import pytest

from snowflake.settings import Settings
from tests.oidc.test_registered_clients import CONFIDENTIAL, registering
from tests.running import Clock, Discord, Snowflake, running


@pytest.fixture
async def registered(
    settings: Settings, clock: Clock, discord: Discord
) -> AsyncIterator[Snowflake]:
    """Run a Snowflake with a confidential client."""
    async with running(registering(settings, CONFIDENTIAL), clock, discord) as snowflake:
        yield snowflake
