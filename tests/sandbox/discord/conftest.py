"""A simulated Discord for each test, an application in it, and the two who talk to it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from snowflake.sandbox.discord import Application, SimulatedDiscord
from tests.running import Clock
from tests.sandbox.conftest import TIMEOUT, Switch
from tests.sandbox.discord.party import APPLICATION, Party


@pytest.fixture
def application() -> Application:
    return APPLICATION


@pytest.fixture
def discord(application: Application, clock: Clock, switch: Switch) -> SimulatedDiscord:
    discord = SimulatedDiscord([application], clock=clock)
    switch.target = discord.app
    return discord


@pytest.fixture(scope="session")
def api(origin: str) -> Iterator[httpx.Client]:
    """A program that says what it is, as Discord demands."""
    headers = {"User-Agent": "DiscordBot (https://example.com, 1)"}
    with httpx.Client(
        base_url=f"{origin}/api/v10", headers=headers, trust_env=False, timeout=TIMEOUT
    ) as api:
        yield api


@pytest.fixture
def party(
    discord: SimulatedDiscord, application: Application, browser: httpx.Client, api: httpx.Client
) -> Party:
    return Party(application, browser, api)


@pytest.fixture
def tokens(party: Party) -> dict[str, Any]:
    """What the application got for Ada, with every scope that it needs."""
    return party.tokens()
