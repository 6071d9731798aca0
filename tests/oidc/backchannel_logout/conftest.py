from collections.abc import AsyncIterator, Iterator

import pytest

from snowflake.settings import Settings
from tests.oidc.backchannel_logout.telling import Teller, Told, telling, told
from tests.running import Clock


@pytest.fixture
def clients() -> Iterator[Told]:
    with told() as clients:
        yield clients


@pytest.fixture
async def teller(settings: Settings, clock: Clock) -> AsyncIterator[Teller]:
    async with telling(settings, clock) as teller:
        yield teller
