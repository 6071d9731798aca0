from collections.abc import AsyncIterator

import pytest

from snowflake.settings import Settings
from tests.oidc.signed_in import keeping_sessions
from tests.running import Clock, Discord, Snowflake


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    """Run a Snowflake with two clients."""
    async with keeping_sessions(settings, clock, discord) as running:
        yield running
