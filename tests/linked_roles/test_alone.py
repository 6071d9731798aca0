"""Who is alone with a person, and for how long."""

import pytest

from snowflake.errors import TemporarilyUnavailable
from snowflake.linked_roles.alone import alone, longest
from snowflake.linked_roles.disconnecting import disconnect
from snowflake.linked_roles.sync import sync
from tests.linked_roles.world import PERSON, Roles, link, says
from tests.running import Clock, Snowflake
from tests.upstream.provider import Provider


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snowflake.linked_roles.alone.PATIENCE", 0.0)


async def test_one_at_a_time_works_on_a_person(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    async with alone(PERSON, linking.state.settings, linking.state.store.leases):
        for work in (sync, disconnect):
            with pytest.raises(TemporarilyUnavailable):
                await work(PERSON, linking.state)
    assert not roles.delete.called
    says(provider)
    assert await sync(PERSON, linking.state) == "unchanged"


async def test_whoever_dies_at_it_is_not_waited_for_for_ever(
    linking: Snowflake, provider: Provider, clock: Clock
) -> None:
    await link(linking, provider)
    says(provider)
    async with alone(PERSON, linking.state.settings, linking.state.store.leases):
        clock.pass_by(longest(linking.state.settings))
        assert await sync(PERSON, linking.state) == "unchanged"
