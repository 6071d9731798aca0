"""What ``snowflake serve`` asks of Uvicorn."""

from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from snowflake.cli import app


class Uvicorn:
    """A server that is never started: ``options`` are what it was asked for."""

    def __init__(self) -> None:
        self.app = ""
        # As many types as Uvicorn has options.
        self.options: dict[str, Any] = {}

    def run(self, app: str, **options: Any) -> None:
        self.app, self.options = app, options
        # What Uvicorn itself would say of them.
        uvicorn.Config(app, **options)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Uvicorn:
    server = Uvicorn()
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("uvicorn.run", server.run)
    return server


def serve(*options: str) -> None:
    result = CliRunner().invoke(app, ["serve", *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_it_listens_everywhere_on_port_8000_by_default(asked: Uvicorn) -> None:
    serve()
    assert asked.options["host"] == "0.0.0.0"  # noqa: S104
    assert asked.options["port"] == 8000
    assert "workers" not in asked.options


def test_options_reach_uvicorn(asked: Uvicorn) -> None:
    serve("--host", "127.0.0.1", "--port", "8123", "--workers", "3")
    assert asked.options["host"] == "127.0.0.1"
    assert asked.options["port"] == 8123
    assert asked.options["workers"] == 3


def test_nothing_of_uvicorn_logs_query_strings_or_names_itself(asked: Uvicorn) -> None:
    serve()
    assert asked.options["access_log"] is False
    assert asked.options["log_config"] is None
    assert asked.options["server_header"] is False


@pytest.mark.parametrize(
    ("variable", "value", "option", "expected"),
    [
        ("UVICORN_FORWARDED_ALLOW_IPS", "172.16.0.0/12", "forwarded_allow_ips", "172.16.0.0/12"),
        ("UVICORN_WORKERS", "2", "workers", 2),
        ("UVICORN_TIMEOUT_KEEP_ALIVE", "75", "timeout_keep_alive", 75),
        ("UVICORN_LIMIT_CONCURRENCY", "64", "limit_concurrency", 64),
        ("UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN", "3", "timeout_graceful_shutdown", 3),
        ("UVICORN_PROXY_HEADERS", "false", "proxy_headers", False),
        ("UVICORN_SERVER_HEADER", "true", "server_header", True),
        ("UVICORN_HTTP", "h11", "http", "h11"),
        ("UVICORN_UDS", "/run/snowflake.sock", "uds", "/run/snowflake.sock"),
    ],
)
def test_variables_of_uvicorn_are_respected(
    variable: str,
    value: str,
    option: str,
    expected: object,
    asked: Uvicorn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, value)
    serve()
    assert asked.options[option] == expected


@pytest.mark.parametrize(
    ("variable", "value", "option"),
    [
        ("UVICORN_HOST", "203.0.113.1", "host"),
        ("UVICORN_PORT", "1", "port"),
        ("UVICORN_ACCESS_LOG", "true", "access_log"),
    ],
)
def test_some_variables_of_uvicorn_are_not(
    variable: str, value: str, option: str, asked: Uvicorn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    serve()
    assert str(asked.options[option]).lower() != value


def test_an_option_wins_over_a_variable(asked: Uvicorn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UVICORN_WORKERS", "2")
    serve("--workers", "4")
    assert asked.options["workers"] == 4


def test_a_variable_of_uvicorn_that_cannot_be_read_is_told(
    asked: Uvicorn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UVICORN_WORKERS", "many")
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2
    assert "many" in result.output
    assert not asked.options


@pytest.mark.parametrize("option", [("--port", "70000"), ("--workers", "0"), ("--port", "http")])
def test_options_that_make_no_sense_are_refused(option: tuple[str, str], asked: Uvicorn) -> None:
    result = CliRunner().invoke(app, ["serve", *option])
    assert result.exit_code == 2
    assert option[0] in result.output
    assert not asked.options
