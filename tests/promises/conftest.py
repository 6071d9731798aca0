from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from snowflake.sandbox.discord import SimulatedDiscord
from tests.promises.house import Door, House, Resident, settings_for
from tests.promises.party import Party
from tests.running import Clock
from tests.store.places import SECRET, Place, place

__all__ = ["place"]


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    with Door.open() as door:
        yield door


@pytest.fixture
async def house(
    place: Place, clock: Clock, tmp_path: Path, private_key: str, door: Door
) -> AsyncIterator[House]:
    """Make a house with a store on each engine in turn."""
    door.discord = SimulatedDiscord(clock=clock)
    settings = settings_for(
        place.url,
        door.origin,
        data_dir=tmp_path,
        private_key=SecretStr(private_key),
        secret_key=SecretStr(SECRET.decode()),
    )
    async with AsyncExitStack() as stack:
        yield House(door.discord, settings, clock, stack)
    door.discord.heal()


@pytest.fixture
async def snowflake(house: House) -> Resident:
    return await house.snowflake()


@pytest.fixture
def party(house: House) -> Party:
    """An application that nobody has signed in to."""
    return house.party()
