from collections.abc import AsyncIterator

import pytest

from snowflake.settings import Settings
from tests.oidc.signed_in import GRAFANA, WIKI, keeping_sessions
from tests.running import Clock, Discord, Snowflake


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    """Run a Snowflake with two clients, of which the wiki asks for consent."""
    asking = WIKI.model_copy(
        update={"consent": "once", "backchannel_logout_uri": "https://wiki.example.com/out"}
    )
    async with keeping_sessions(settings, clock, discord, GRAFANA, asking) as running:
        yield running
