"""``snowflake doctor``, against a simulated Discord and a Snowflake that runs."""

import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from snowflake.cli.commands import app
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.sandbox.configured import SandboxSettings
from snowflake.sandbox.discord import Application, Bot, SimulatedDiscord
from snowflake.sandbox.discord.places import CATS, KEEPER, LIGHTHOUSE, TRAINS
from snowflake.sandbox.serving import serving
from snowflake.settings import Settings
from snowflake.telemetry.logs import configure_logs
from snowflake.web.app import create_app
from tests.login import CLIENT_ID

SECRETS = ("the-application's-secret", "the-bot's-token", "the-client's-secret")


@dataclass(frozen=True)
class Place:
    """Where the two are reached."""

    simulated: SimulatedDiscord
    discord: str
    snowflake: str


@contextmanager
def quiet(settings: Settings) -> Iterator[None]:
    """Let what is made in the block log nothing between the doctor's lines."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logs(settings)
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def place(private_key: str) -> Iterator[Place]:
    discord = SimulatedDiscord()
    settings = SandboxSettings(
        private_key=SecretStr(private_key),
        database_url=SecretStr("sqlite://"),
        secret_key=SecretStr("a secret of more than thirty-two characters"),
        log_level="error",
    )
    with ExitStack() as stack:
        discord_origin = stack.enter_context(serving(discord.app))
        with quiet(settings):
            snowflake = stack.enter_context(serving(create_app(settings)))
        discord.register(
            Application(
                id=CLIENT_ID,
                name="Snowflake",
                secret=SECRETS[0],
                bot=Bot(SECRETS[1], guilds=(LIGHTHOUSE, CATS)),
                redirect_uris=(f"{snowflake}/callback",),
            )
        )
        yield Place(discord, discord_origin, snowflake)


@pytest.fixture(autouse=True)
def _configured(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    variables = {
        "NO_PROXY": "*",
        "SNOWFLAKE_DATA_DIR": str(tmp_path),
        "SNOWFLAKE_ISSUER": place.snowflake,
        "SNOWFLAKE_DISCORD_API_URL": f"{place.discord}/api/v10",
        "SNOWFLAKE_DISCORD_CLIENT_ID": CLIENT_ID,
        "SNOWFLAKE_DISCORD_CLIENT_SECRET": SECRETS[0],
        "SNOWFLAKE_DISCORD_BOT_TOKEN": SECRETS[1],
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def doctor() -> Result:
    result = CliRunner().invoke(app, ["doctor"], catch_exceptions=False)
    assert not any(secret in result.output for secret in SECRETS)
    assert "\x1b" not in result.output
    return result


def configure(tmp_path: Path, guild: str = LIGHTHOUSE) -> None:
    (tmp_path / "snowflake.toml").write_text(
        f"""
        [groups]
        guilds = ["{guild}", "{CATS}"]
        [access]
        any_role = ["{KEEPER}"]
        [[clients]]
        id = "grafana"
        secret = "{SECRETS[2]}"
        redirect_uris = ["https://grafana.example.com/login/generic_oauth"]
        """,
        "utf-8",
    )


def test_all_is_well(tmp_path: Path, place: Place) -> None:
    configure(tmp_path)
    result = doctor()
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert {line.split()[0] for line in lines} == {"ok", "note"}
    assert f"ok      role {KEEPER}: is Keeper in Lighthouse Keepers." in lines
    assert f"ok      issuer: {place.snowflake} is found under that name." in lines
    callback = f"{place.snowflake}/callback stands in the Developer Portal"
    assert any(line.startswith(f"ok      redirects: {callback}") for line in lines)
    assert [path.name for path in tmp_path.iterdir()] == ["snowflake.toml"]


def test_a_fault_is_one_line_with_its_cure_and_the_status_tells(tmp_path: Path) -> None:
    configure(tmp_path, guild=TRAINS)
    result = doctor()
    assert result.exit_code == 1
    faults = [line for line in result.output.splitlines() if line.startswith("fault")]
    assert [line.partition(":")[0].split()[1:] for line in faults] == [
        ["guild", TRAINS],
        ["role", KEEPER],
    ]
    assert "invite it" in faults[0]


def test_a_wrong_secret_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_SECRET", "mistyped")
    result = doctor()
    assert result.exit_code == 1
    assert "fault   application: Discord does not accept" in result.output


def test_a_name_that_is_meant_for_the_terminal_does_not_reach_it(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = replace(place.simulated.guilds[CATS], name="\x1b[2Jcats\n\u202eok")
    monkeypatch.setitem(place.simulated.guilds, CATS, hostile)
    configure(tmp_path)
    assert f"ok      guild {CATS}: is [2Jcats ok." in doctor().output.splitlines()


def test_a_configuration_that_cannot_be_used_is_told_as_serve_tells_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SNOWFLAKE_ISSUER", "https://snowflake.example.com/")
    monkeypatch.setenv("SNOWFLAKE_TOKEN_LIFETIME", "soon")
    result = doctor()
    assert result.exit_code == 1
    subjects = [line.split()[:3] for line in result.output.splitlines()]
    assert ["fault", "configuration:", "SNOWFLAKE_ISSUER:"] in subjects
    assert ["fault", "configuration:", "SNOWFLAKE_TOKEN_LIFETIME:"] in subjects
    assert len(subjects) == 2


def test_groups_that_anybody_can_name_are_a_warning(tmp_path: Path) -> None:
    (tmp_path / "snowflake.toml").write_text('[groups]\nshape = "name"\n', "utf-8")
    assert "warning configuration: groups: anybody can make a guild of any name" in doctor().output


def test_a_variable_with_a_typing_error_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_ISUER", "https://snowflake.example.com")
    result = doctor()
    assert result.exit_code == 0
    assert "warning configuration: SNOWFLAKE_ISUER is no variable" in result.output
    assert "SNOWFLAKE_ISSUER meant?\n" in result.output


@pytest.mark.parametrize(("secret", "status"), [(SECRETS[0], 0), ("another", 1)])
def test_programs_are_told_the_same(
    secret: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_SECRET", secret)
    result = CliRunner().invoke(app, ["doctor", "--json"], catch_exceptions=False)
    assert result.exit_code == status
    assert not any(secret in result.output for secret in SECRETS)
    findings = json.loads(result.stdout)
    assert all(finding.keys() == {"status", "subject", "text", "cure"} for finding in findings)
    [told] = [finding for finding in findings if finding["subject"] == "application"]
    assert told["status"] == ("fault" if status else "ok")
    assert bool(told["cure"]) == bool(status)
    # The same findings in the same order, as far as nothing has changed in between.
    lines = [line[8:].split(":")[0] for line in doctor().output.splitlines()]
    assert [finding["subject"] for finding in findings] == lines


def test_programs_are_told_of_a_configuration_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SNOWFLAKE_TOKEN_LIFETIME", "soon")
    result = CliRunner().invoke(app, ["doctor", "--json"], catch_exceptions=False)
    assert result.exit_code == 1
    [told] = json.loads(result.stdout)
    assert (told["status"], told["subject"]) == ("fault", "configuration")
    assert told["text"].startswith("SNOWFLAKE_TOKEN_LIFETIME: ")


def test_what_is_logged_meanwhile_is_not_among_the_json(monkeypatch: pytest.MonkeyPatch) -> None:
    async def examine(_: Connections) -> AsyncIterator[Finding]:
        structlog.get_logger("snowflake").error("something_failed")
        yield Finding(Status.OK, "store", "can be reached")

    monkeypatch.setattr(import_module("snowflake.cli.doctor"), "examine", examine)
    result = CliRunner().invoke(app, ["doctor", "--json"], catch_exceptions=False)
    assert "something_failed" in result.stderr
    assert json.loads(result.stdout)[-1]["subject"] == "store"
