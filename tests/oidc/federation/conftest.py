"""An issuer, and a Snowflake whose client trusts it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from snowflake.sandbox.serving import serving
from snowflake.settings import Settings
from tests.oidc.federation.cases import Starting
from tests.running import NOW, ORIGIN, Clock, Discord, Snowflake
from tests.workloads import GITHUB, Issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer(now=NOW)
    with serving(issuer.app) as issuer.url:
        yield issuer


@pytest.fixture
def start(settings: Settings, clock: Clock, discord: Discord) -> "Starting":
    return Starting(settings.model_copy(update={"issuer": ORIGIN}), clock, discord)


@pytest.fixture
async def snowflake(start: Starting, issuer: Issuer) -> AsyncIterator[Snowflake]:
    """Run a Snowflake that takes GitHub's jobs for a client."""
    async with start({"issuer": issuer.url, "subject": GITHUB["sub"]}) as snowflake:
        yield snowflake
