from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.web import app
from tests.running import Clock, Discord, running


async def test_a_key_that_cannot_be_used_stops_the_start(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    broken = settings.model_copy(update={"private_key": SecretStr("broken")})
    with pytest.raises(StartFault, match="SNOWFLAKE_PRIVATE_KEY"):
        async with running(broken, clock, discord):
            pytest.fail("it started")


def test_each_worker_reads_the_environment_for_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configured: list[Settings] = []
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(app, "configure_logs", configured.append)
    served = app.serve_app()
    assert [settings.data_dir for settings in configured] == [tmp_path]
    assert isinstance(served.app, Starlette)
    assert not served.app.router.redirect_slashes
