"""``snowflake check``: what the configuration is, and nothing but that."""

from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner, Result

from snowflake.cli import main
from snowflake.cli.commands import app

CLIENT = '[[clients]]\nid = "{}"\npublic = true\nredirect_uris = ["https://g.example.com/cb"]\n'
APPLICATION = 'discord_client_id = "1056005449054429204"\ndiscord_client_secret = "of-discord"\n'
ANY = "any may sign people in; SNOWFLAKE_ALLOWED_CLIENTS limits them"


@pytest.fixture(autouse=True)
def _nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object) -> NoReturn:
        pytest.fail("somebody was asked")

    monkeypatch.setattr("socket.socket.connect", ask)
    monkeypatch.setattr("socket.getaddrinfo", ask)
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path / "data"))


def check() -> Result:
    return CliRunner().invoke(app, ["check"], catch_exceptions=False)


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Answer the lines with which the command ends where the configuration cannot be used."""
    monkeypatch.setattr("sys.argv", ["snowflake", "check"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    return told.err.splitlines()


def test_what_is_right_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    result = check()
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "ok      issuer: the address by which each request comes; SNOWFLAKE_ISSUER sets one",
        "ok      configuration file: none",
        f"ok      store: SQLite, {tmp_path / 'data' / 'snowflake.db'}",
        "ok      trusted proxies: 127.0.0.1,::1",
        f"ok      Discord applications: {ANY}",
        "ok      registered clients: none",
        "The configuration can be used.",
    ]
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_configured_is_told_but_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "snowflake.toml"
    clients = "".join(CLIENT.format(f"client-{number}") for number in range(12))
    file.write_text(f'allowed_clients = ["1", "2"]\n{APPLICATION}{clients}', "utf-8")
    variables = {
        "SNOWFLAKE_CONFIG": str(file),
        "SNOWFLAKE_ISSUER": "https://snowflake.example.com",
        "SNOWFLAKE_DATABASE_URL": "postgresql://ada:hunter2@db.example.com:5433/name?sslmode=require",
        "UVICORN_FORWARDED_ALLOW_IPS": "172.16.0.0/12",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = check()
    assert result.exit_code == 0
    told = dict(line[8:].split(": ", 1) for line in result.output.splitlines()[:-1])
    few = ", ".join(f"client-{number}" for number in range(10))
    assert told == {
        "issuer": "https://snowflake.example.com",
        "configuration file": str(file),
        "store": "PostgreSQL at db.example.com:5433/name",
        "trusted proxies": "172.16.0.0/12",
        "Discord applications": "1, 2",
        "registered clients": f"{few}, and 2 more",
    }


@pytest.mark.parametrize(
    ("url", "store"),
    [("sqlite:////srv/snowflake.db", "/srv/snowflake.db"), ("sqlite://", "in memory")],
)
def test_a_store_of_sqlite_is_named_by_its_file(
    url: str, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_DATABASE_URL", url)
    assert f"ok      store: SQLite, {store}\n" in check().output


def test_what_is_perhaps_not_meant_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_ALLOWED_CLIENTS", "")
    monkeypatch.setenv("SNOWFLAKE_ISUER", "x")
    result = check()
    assert result.exit_code == 0
    warnings = [line[8:] for line in result.output.splitlines() if line.startswith("warning")]
    assert [line.removeprefix("configuration: ").split()[0] for line in warnings] == [
        "SNOWFLAKE_ISUER",
        "SNOWFLAKE_ALLOWED_CLIENTS:",
    ]


def test_what_cannot_be_used_is_a_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SNOWFLAKE_METRICS", "25311")
    monkeypatch.setenv("SNOWFLAKE_TOKEN_LIFETIME", "soon")
    told = refused(monkeypatch, capsys)
    assert [line.partition(":")[0] for line in told] == [
        "SNOWFLAKE_TOKEN_LIFETIME",
        "SNOWFLAKE_METRICS",
    ]
    assert list(tmp_path.iterdir()) == []


def test_what_a_start_would_find_out_later_is_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SNOWFLAKE_DATABASE_URL", "mysql://ada:hunter2@db/name")
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", "{}")
    monkeypatch.setenv("UVICORN_WORKERS", "many")
    told = refused(monkeypatch, capsys)
    assert [line.partition(":")[0] for line in told] == [
        "SNOWFLAKE_DATABASE_URL",
        "SNOWFLAKE_PRIVATE_KEY",
        "UVICORN_WORKERS",
    ]
    assert "hunter2" not in "".join(told)


def test_a_key_that_can_be_used_is(private_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", private_key)
    assert check().exit_code == 0
