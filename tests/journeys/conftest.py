from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright

from snowflake.sandbox.discord.places import CATS, LIGHTHOUSE
from tests.journeys import gates, shapes
from tests.journeys.browser import Browser
from tests.journeys.chromium import ARGUMENTS, watched
from tests.journeys.registered import GOODBYE, client, ids
from tests.journeys.relying_party import RelyingParty
from tests.journeys.world import BOT_TOKEN, World
from tests.journeys.world import world as running_world
from tests.serving import program


@pytest.fixture(scope="session")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {
        "SNOWFLAKE_ALLOWED_WEBFINGER_HOSTS": "example.com",
        # What hangs is given up soon.
        "SNOWFLAKE_DISCORD_DEADLINE": "1s",
    }
    goodbye = f"post_logout_redirect_uris = {ids(GOODBYE)}"
    file = client("confidential", goodbye) + client("public", public=True)
    with running_world(tmp_path_factory.mktemp("journeys"), settings, file=file) as running:
        yield running


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """One Snowflake and one simulated Discord for all tests, whole again after each."""
    yield shared_world
    shared_world.discord.heal()


@pytest.fixture(scope="session")
def guarded_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {
        "SNOWFLAKE_DISCORD_BOT_TOKEN": BOT_TOKEN,
        "SNOWFLAKE_NAME_FROM_GUILD": LIGHTHOUSE,
        "SNOWFLAKE_PICTURE_FROM_GUILD": CATS,
        # Whatever happens to somebody counts at once.
        "SNOWFLAKE_DISCORD_CACHE": "0",
    }
    directory, file = tmp_path_factory.mktemp("guarded"), gates.FILE + shapes.FILE
    with running_world(directory, settings, file=file) as running:
        yield running


@pytest.fixture
def guarded(guarded_world: World) -> Iterator[World]:
    """One Snowflake with a bot and a client for each policy and each way to write groups.

    Everybody is again after each test what they were before.
    """
    everybody = dict(guarded_world.discord.people)
    yield guarded_world
    guarded_world.discord.people.update(everybody)


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.fixture
def party(world: World) -> RelyingParty:
    """An application that nobody has signed in to."""
    return world.party()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    executable = Path(program("chromium"))
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    """A tab of a new browser that has no reason to complain."""
    complaints: list[str] = []
    with chromium.new_context() as context:
        yield watched(context, complaints)
    assert complaints == []
