from collections.abc import Iterator

import pytest

from tests.journeys.browser import Browser
from tests.journeys.relying_party import RelyingParty
from tests.journeys.world import World
from tests.journeys.world import world as running_world


@pytest.fixture(scope="session")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {
        "SNOWFLAKE_ALLOWED_WEBFINGER_HOSTS": "example.com",
        # What hangs is given up soon.
        "SNOWFLAKE_DISCORD_DEADLINE": "1s",
    }
    with running_world(tmp_path_factory.mktemp("journeys"), settings) as running:
        yield running


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """One Snowflake and one simulated Discord for all tests, whole again after each."""
    yield shared_world
    shared_world.discord.heal()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.fixture
def party(world: World) -> RelyingParty:
    """An application that nobody has signed in to."""
    return world.party()
