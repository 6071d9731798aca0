import pytest

from snowflake.settings import Settings
from tests.running import Clock, Discord, running


@pytest.mark.parametrize(
    ("root_redirect", "location"),
    [
        ("repo", "https://github.com/celsiusnarhwal/snowflake"),
        ("settings", "https://discord.com/settings/account"),
        ("docs", "/auth/docs"),
    ],
)
async def test_the_root_leads_where_it_is_told(
    settings: Settings, clock: Clock, discord: Discord, root_redirect: str, location: str
) -> None:
    told = settings.model_copy(update={"root_redirect": root_redirect, "base_path": "/auth"})
    async with running(told, clock, discord) as snowflake:
        response = await snowflake.browser.get("/auth/")
    assert response.status_code == 302
    assert response.headers["location"] == location


async def test_the_root_may_be_nothing(settings: Settings, clock: Clock, discord: Discord) -> None:
    told = settings.model_copy(update={"root_redirect": "off"})
    async with running(told, clock, discord) as snowflake:
        assert (await snowflake.browser.get("/")).status_code == 404
