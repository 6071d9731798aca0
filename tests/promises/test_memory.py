"""A Snowflake that may write nothing keeps its store in memory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from snowflake.sandbox.discord import SimulatedDiscord
from snowflake.settings import Settings
from snowflake.store.url import store_url
from tests.promises.house import Door, Resident, resident
from tests.promises.party import Party, tokens_of
from tests.running import ORIGIN, Clock


@pytest.fixture
def homeless(door: Door, clock: Clock, tmp_path: Path, private_key: str) -> Settings:
    door.discord = SimulatedDiscord(clock=clock)
    return Settings(
        allowed_hosts=("snowflake.example.com",),
        data_dir=tmp_path / "data",
        private_key=SecretStr(private_key),
        discord_api_url=f"{door.origin}/api/v10",
    )


@pytest.fixture
async def snowflake(homeless: Settings, clock: Clock) -> AsyncIterator[Resident]:
    with (
        # The superuser may write everywhere.
        patch("snowflake.store.url.is_homeless", lambda _: True),
        patch("snowflake.crypto.sealing.is_homeless", lambda _: True),
    ):
        async with resident(homeless, clock) as snowflake:
            yield snowflake


@pytest.fixture
def party(door: Door) -> Party:
    return Party(door.discord, ORIGIN, "1500000000000000001")


async def test_it_signs_people_in_and_writes_nothing(
    snowflake: Resident, party: Party, homeless: Settings
) -> None:
    tokens = await party.sign_in(snowflake.http)
    tokens = tokens_of(await party.refresh(snowflake.http, tokens["refresh_token"]))
    assert (await party.userinfo(snowflake.http, tokens)).status_code == 200
    assert not homeless.data_dir.exists()


async def test_the_log_says_what_that_means(homeless: Settings) -> None:
    with patch("snowflake.store.url.is_homeless", lambda _: True), capture_logs() as told:
        store_url(homeless)
    [line] = told
    assert (line["event"], line["log_level"]) == ("store_in_memory", "warning")
    assert "after a restart everybody has to sign in anew" in line["message"]


async def test_many_at_once_do_not_get_into_each_others_way(
    snowflake: Resident, party: Party
) -> None:
    codes = [await party.code(snowflake.http) for _ in range(20)]
    answers = await asyncio.gather(*(party.redeem(snowflake.http, code) for code in codes))
    refreshed = await asyncio.gather(
        *(party.refresh(snowflake.http, tokens_of(answer)["refresh_token"]) for answer in answers)
    )
    assert len({tokens_of(answer)["refresh_token"] for answer in refreshed}) == 20
