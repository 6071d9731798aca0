from collections.abc import AsyncIterator

import pytest

from snowflake.store import Store
from tests.running import Clock
from tests.store.places import Place, place

__all__ = ["place"]


@pytest.fixture
async def store(place: Place, clock: Clock) -> AsyncIterator[Store]:
    """Open a new store on each engine in turn."""
    async with place.store(clock) as store:
        yield store
