import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from snowflake.cli import app
from snowflake.sandbox.check import sign_in
from snowflake.sandbox.discord import Failure, SimulatedDiscord
from tests.serving import PATIENCE, running

COMMAND = [sys.executable, "-m", "snowflake", "sandbox"]


def three_free_ports() -> int:
    """Answer a port that is free, and so are the next two."""
    for port in range(21_000, 31_000, 3):
        try:
            for number in (port, port + 1, port + 2):
                socket.create_server(("127.0.0.1", number)).close()
        except OSError:
            continue
        return port
    pytest.fail("there are no three free ports in a row")


def test_the_check_signs_in_and_says_so(tmp_path: Path) -> None:
    # Nothing of the environment may change what the sandbox is.
    variables = {"SNOWFLAKE_ISSUER": "https://snowflake.example.com", "SNOWFLAKE_LOG_LEVEL": "loud"}
    with running([*COMMAND, "--check"], tmp_path / "log", variables) as check:
        assert check.process.wait(PATIENCE) == 0, check.log
        assert check.log == "Signed in as Ada Lindqvist (189462537114681345). All is well.\n"


def test_the_check_fails_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> SimulatedDiscord:
        made = SimulatedDiscord()
        made.fail("token", Failure.UNAVAILABLE, times=None)
        return made

    monkeypatch.setattr("snowflake.demo.SimulatedDiscord", broken)
    result = CliRunner().invoke(app, ["sandbox", "--check"])
    assert result.exit_code == 1
    assert result.stderr.startswith("The login failed: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_prints_its_address_and_ends_when_told(
    by: signal.Signals, tmp_path: Path
) -> None:
    port, mine = three_free_ports(), "https://mine.example.com/callback"
    command = [*COMMAND, "--port", str(port), "--redirect-uri", mine]
    with running(command, tmp_path / "log") as sandbox:
        sandbox.wait_until(lambda: "redirect URI." in sandbox.log)
        address = f"http://localhost:{port}"
        assert f"Open {address} in a browser" in sandbox.log
        assert f"issuer         http://localhost:{port + 1}\n" in sandbox.log
        assert httpx.get(address, trust_env=False).status_code == 200
        assert sign_in(address, "hermit")["name"] == "The Hermit"
        assert sandbox.end(by) == 0
        assert "Traceback" not in sandbox.log
        assert "Abort" not in sandbox.log


def test_a_port_in_use_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(app, ["sandbox", "--port", port])
    assert result.exit_code == 1
    assert port in result.stderr
    assert result.stderr.endswith("Choose another with --port.\n")
    assert result.stderr.count("\n") == 1
