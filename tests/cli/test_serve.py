"""What ``snowflake serve`` asks of Uvicorn."""

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from structlog.testing import capture_logs
from typer.testing import CliRunner

from snowflake.cli.commands import app
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.settings.values import Address
from tests.serving import PATIENCE, free_port, running, serve_command


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

    def supervise(self, _: Settings, options: dict[str, Any]) -> None:
        self.run("snowflake", **options)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Uvicorn:
    server = Uvicorn()
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("uvicorn.run", server.run)
    # The package has the command by the module's name.
    monkeypatch.setattr(import_module("snowflake.cli.serve"), "supervise", server.supervise)
    return server


def serve(*options: str) -> None:
    result = CliRunner().invoke(app, ["serve", *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_it_listens_everywhere_on_port_8000_by_default(asked: Uvicorn) -> None:
    serve()
    assert asked.options["host"] == "0.0.0.0"  # noqa: S104
    assert asked.options["port"] == 8000
    assert asked.options["workers"] == 1


@pytest.mark.usefixtures("asked")
def test_groups_that_anybody_can_name_are_told_in_the_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SNOWFLAKE_CONFIG", str(tmp_path / "snowflake.toml"))
    (tmp_path / "snowflake.toml").write_text('[groups]\nshape = "name"\n', "utf-8")
    # Else the command would set the log up anew.
    monkeypatch.setattr(import_module("snowflake.cli.serve"), "configure_logs", lambda _: None)
    with capture_logs() as log:
        serve()
    [line] = [line for line in log if line["event"] == "configuration_caution"]
    assert (line["log_level"], line["message"].partition(":")[0]) == ("warning", "groups")


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
    ("variable", "expected"),
    [
        ("FORWARDED_ALLOW_IPS", "172.16.0.0/12"),
        ("WORKERS", 2),
        ("TIMEOUT_KEEP_ALIVE", 75),
        ("LIMIT_CONCURRENCY", 64),
        ("TIMEOUT_GRACEFUL_SHUTDOWN", 3),
        ("SERVER_HEADER", True),
        ("HTTP", "h11"),
        ("UDS", "/run/snowflake.sock"),
    ],
)
def test_variables_of_uvicorn_are_respected(
    variable: str, expected: object, asked: Uvicorn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"UVICORN_{variable}", str(expected))
    serve()
    assert asked.options[variable.lower()] == expected


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


@pytest.mark.parametrize(
    ("variable", "several"),
    [
        ((), False),
        (("UVICORN_WORKERS", "1"), False),
        (("UVICORN_WORKERS", "2"), True),
        (("WEB_CONCURRENCY", "2"), True),
        (("WEB_CONCURRENCY", ""), False),
        (("UVICORN_RELOAD", "true"), True),
    ],
)
def test_metrics_are_summed_where_others_than_this_process_count(
    variable: tuple[str, str] | tuple[()],
    asked: Uvicorn,
    monkeypatch: pytest.MonkeyPatch,
    *,
    several: bool,
) -> None:
    shown: list[tuple[Address, bool]] = []

    def show(address: Address, *, workers: bool) -> AbstractContextManager[None]:
        shown.append((address, workers))
        return nullcontext()

    monkeypatch.setattr(import_module("snowflake.cli.serve"), "showing_metrics", show)
    monkeypatch.setenv("SNOWFLAKE_METRICS", "127.0.0.1:9100")
    if variable:
        monkeypatch.setenv(*variable)
    serve()
    assert shown == [(("127.0.0.1", 9100), several)]


@pytest.mark.usefixtures("asked")
def test_several_workers_need_a_store_that_they_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_DATABASE_URL", "sqlite://")
    serve()
    with pytest.raises(StartFault, match="several workers need a store that they share"):
        serve("--workers", "2")


@pytest.mark.parametrize(
    ("metrics", "options"),
    [
        (":8000", ()),
        ("127.0.0.1:8123", ("--port", "8123")),
        (":8123", ("--host", "127.0.0.1", "--port", "8123")),
        ("[::1]:8123", ("--host", "::", "--port", "8123")),
        ("localhost:8123", ("--host", "127.0.0.1", "--port", "8123")),
        ("10.0.0.1:8123", ("--host", "10.0.0.1", "--port", "8123")),
    ],
)
def test_metrics_where_snowflake_itself_listens_are_refused_in_one_line(
    metrics: str, options: tuple[str, ...], asked: Uvicorn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_METRICS", metrics)
    with pytest.raises(StartFault) as refused:
        serve(*options)
    [line] = refused.value.faults
    assert line.startswith("SNOWFLAKE_METRICS: Snowflake itself listens on port 8")
    assert not asked.options


@pytest.mark.parametrize(
    ("metrics", "options", "variable"),
    [
        ("127.0.0.1:{port}", ("--host", "10.0.0.1"), ()),
        (":{port}", (), ("UVICORN_UDS", "/run/snowflake.sock")),
        (":{port}", (), ("UVICORN_FD", "3")),
    ],
)
def test_metrics_may_have_the_same_port_elsewhere(
    metrics: str,
    options: tuple[str, ...],
    variable: tuple[str, str] | tuple[()],
    asked: Uvicorn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = str(free_port())
    monkeypatch.setenv("SNOWFLAKE_METRICS", metrics.format(port=port))
    if variable:
        monkeypatch.setenv(*variable)
    serve("--port", port, *options)
    assert asked.options["port"] == int(port)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("number", ["many", "-1", "1.5"])
def test_a_number_of_processes_that_is_none_is_told(
    number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", number)
    with pytest.raises(StartFault, match="WEB_CONCURRENCY: is no number of processes"):
        serve()


def test_an_option_wins_over_a_variable(asked: Uvicorn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UVICORN_WORKERS", "2")
    serve("--workers", "4")
    assert asked.options["workers"] == 4


def test_a_variable_of_uvicorn_that_cannot_be_read_is_told_without_a_traceback(
    tmp_path: Path,
) -> None:
    variables = {"SNOWFLAKE_DATA_DIR": str(tmp_path / "data"), "UVICORN_WORKERS": "many"}
    with running(serve_command(0), tmp_path / "log", variables) as refused:
        assert refused.process.wait(PATIENCE) == 2
        assert "many" in refused.log
        assert "Traceback" not in refused.log


@pytest.mark.parametrize("option", [("--port", "70000"), ("--workers", "0"), ("--port", "http")])
def test_options_that_make_no_sense_are_refused(option: tuple[str, str], asked: Uvicorn) -> None:
    result = CliRunner().invoke(app, ["serve", *option])
    assert result.exit_code == 2
    assert option[0] in result.output
    assert not asked.options
