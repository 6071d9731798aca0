"""Clients that sign in nobody by a browser of their own: devices and machines."""

import pytest
from pydantic import SecretStr

from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.responses import DEVICE_CODE, GrantType
from tests.login import ask
from tests.oidc.signed_in import keeping_sessions
from tests.running import Clock, Discord


@pytest.mark.parametrize("grant_type", ["client_credentials", DEVICE_CODE])
async def test_they_lead_nobody_to_discord(
    settings: Settings, clock: Clock, discord: Discord, grant_type: GrantType
) -> None:
    machine = ClientTable(id="machine", secret=SecretStr("s"), grant_types=(grant_type,))
    async with keeping_sessions(settings, clock, discord, machine) as snowflake:
        response = await ask(snowflake.browser, client_id="machine")
        assert response.status_code == 400
        assert "signs in nobody by a browser" in response.text
