"""A simulated provider for each test, and a client registered there."""

import httpx
import pytest

from snowflake.sandbox.upstream import SimulatedProvider
from tests.running import Clock
from tests.sandbox.conftest import Switch
from tests.sandbox.upstream.party import CLIENT, Party


@pytest.fixture
def provider(clock: Clock, switch: Switch) -> SimulatedProvider:
    provider = SimulatedProvider([CLIENT], clock=clock)
    switch.target = provider.app
    return provider


@pytest.fixture
def party(provider: SimulatedProvider, browser: httpx.Client) -> Party:
    return Party(provider, browser)
