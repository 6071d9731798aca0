from collections.abc import AsyncIterator, Iterator

import pytest
import respx

from snowflake.settings import Settings
from tests.linked_roles.world import Roles, with_linked_roles
from tests.running import Clock, Discord, Snowflake, running
from tests.upstream.provider import Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    """The upstream provider on a good day; what no test expects it to be asked fails."""
    with respx.mock(assert_all_called=False) as router:
        yield Provider(router)


@pytest.fixture
def roles(discord: Discord) -> Roles:
    return Roles(discord)


@pytest.fixture
async def linking(
    settings: Settings, clock: Clock, discord: Discord, roles: Roles, provider: Provider
) -> AsyncIterator[Snowflake]:
    """Make a running Snowflake with linked roles, reached by one browser."""
    async with running(with_linked_roles(settings), clock, discord) as snowflake:
        yield snowflake
