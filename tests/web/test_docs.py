import re

import pytest

from snowflake.settings import Settings
from tests.running import Clock, Discord, Snowflake, running

PATHS = [
    "/docs",
    "/docs/start.js",
    "/docs/look.css",
    "/openapi.json",
    "/docs/assets/swagger-ui-bundle.js",
]


@pytest.mark.parametrize("path", PATHS)
async def test_there_are_no_docs_by_default(snowflake: Snowflake, path: str) -> None:
    assert (await snowflake.browser.get(path)).status_code == 404


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("changes", [{"enable_docs": True}, {"root_redirect": "docs"}])
async def test_docs_can_be_turned_on(
    settings: Settings, clock: Clock, discord: Discord, path: str, changes: dict[str, object]
) -> None:
    async with running(settings.model_copy(update=changes), clock, discord) as snowflake:
        assert (await snowflake.browser.get(path)).status_code == 200


@pytest.mark.parametrize("base_path", ["", "/auth"])
async def test_everything_on_the_page_is_there_and_ours(
    settings: Settings, clock: Clock, discord: Discord, base_path: str
) -> None:
    changes = {"enable_docs": True, "base_path": base_path}
    async with running(settings.model_copy(update=changes), clock, discord) as snowflake:
        page = (await snowflake.browser.get(f"{base_path}/docs")).text
        links = re.findall(r'(?:src|href|data-openapi)="([^"]*)"', page)
        assert f"{base_path}/openapi.json" in links
        for link in links:
            assert link.startswith(f"{base_path}/")
            assert not link.startswith("//")
            assert (await snowflake.browser.get(link)).status_code == 200
        script = (await snowflake.browser.get(f"{base_path}/docs/start.js")).text
    assert "://" not in page + script
    assert not re.search(r"<script>|\son[a-z]+=|style=", page)


async def test_the_policy_lets_nothing_else_in(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    on = settings.model_copy(update={"enable_docs": True})
    async with running(on, clock, discord) as snowflake:
        policy = (await snowflake.browser.get("/docs")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
