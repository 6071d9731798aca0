from collections.abc import Iterator

import pytest

from tests.journeys.conftest import browser, guarded_world, party, shared_world
from tests.journeys.world import World

__all__ = ["browser", "guarded_world", "party", "shared_world", "world"]


@pytest.fixture(params=["Discord application", "registered client"])
def world(request: pytest.FixtureRequest, shared_world: World) -> Iterator[World]:
    """One world for all tests, whole again after each; its applications are of both kinds."""
    registers = request.param == "registered client"
    yield shared_world.registering if registers else shared_world
    shared_world.discord.heal()
