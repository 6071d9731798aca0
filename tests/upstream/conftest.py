"""A provider for each test, and a client of it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import respx

from snowflake.upstream.client import Upstream
from snowflake.upstream.narrowing import Demands
from tests.running import Clock
from tests.upstream.provider import CLIENT_ID, ISSUER, SECRET, Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    with respx.mock(assert_all_called=False) as router:
        yield Provider(router)


@pytest.fixture
async def upstream(provider: Provider, clock: Clock) -> AsyncIterator[Upstream]:
    demands = Demands(("openid", "profile", "offline_access"))
    async with Upstream.open(ISSUER, CLIENT_ID, SECRET, demands, clock) as upstream:
        yield upstream
