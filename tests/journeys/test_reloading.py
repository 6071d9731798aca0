"""A changed ``snowflake.toml`` under a Snowflake that runs."""

import signal
from pathlib import Path

import httpx
import pytest

from tests.serving import Snowflake, snowflake

FIRST, SECOND = "1100000000000000001", "1100000000000000002"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "snowflake.toml"
    path.write_text(f'allowed_clients = ["{FIRST}"]')
    return path


def allows(running: Snowflake, client_id: str) -> bool:
    """Whether a login may begin; on a connection of its own, so that any worker may get it."""
    answer = httpx.get(
        f"{running.origin}/authorize",
        params={
            "client_id": client_id,
            "redirect_uri": "https://app.example.com/cb",
            "response_type": "code",
            "scope": "openid",
        },
        trust_env=False,
    )
    return answer.is_redirect


def hang_up(running: Snowflake, event: str, times: int) -> None:
    """Send SIGHUP, and wait for what the log then says."""
    running.process.send_signal(signal.SIGHUP)
    running.wait_until(lambda: running.log.count(event) >= times)
    assert running.log.count(event) == times


def test_a_changed_file_is_taken_up_and_a_faulty_one_is_not(file: Path, tmp_path: Path) -> None:
    with snowflake(tmp_path, {"SNOWFLAKE_CONFIG": str(file)}) as running:
        assert (allows(running, FIRST), allows(running, SECOND)) == (True, False)
        file.write_text(f'allowed_clients = ["{SECOND}"]')
        hang_up(running, "configuration_changed", 1)
        assert (allows(running, FIRST), allows(running, SECOND)) == (False, True)
        file.write_text("[[clients]]")
        hang_up(running, "configuration_kept", 1)
        assert "snowflake.toml:1: clients.0.id: is missing" in running.log
        assert (allows(running, FIRST), allows(running, SECOND)) == (False, True)


def test_every_worker_takes_it_up(file: Path, tmp_path: Path) -> None:
    settings = {"SNOWFLAKE_CONFIG": str(file)}
    with snowflake(tmp_path, settings, "--workers", "2") as running:
        running.wait_until(lambda: running.log.count("Application startup complete") == 2)
        file.write_text(f'allowed_clients = ["{SECOND}"]')
        # The supervisor, too.
        hang_up(running, "configuration_changed", 3)
        assert not any(allows(running, FIRST) for _ in range(4))
        assert running.log.count("Started server process") == 2
