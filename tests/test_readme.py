import re
from pathlib import Path

import pytest

from snowflake.configuration import load_settings
from snowflake.settings import PREFIX, Settings
from tests.readme import README, written


def test_the_tables_say_what_the_code_does() -> None:
    text = README.read_text("utf-8")
    assert text == written(text), "run: python -m tests.readme"


#: The one to begin with, which needs no variable, and the example of several Snowflakes.
COMPOSE = [README.with_name("compose.yaml"), README.with_name("compose.postgresql.yaml")]


def test_no_service_starts_with_an_empty_secret() -> None:
    simple, several = (path.read_text("utf-8") for path in COMPOSE)
    # Compose wants every variable of a file, whichever of its services are started.
    assert "${" not in simple
    wanted = re.findall(r"\$\{([A-Z_]+)(:\?[^}]+)?\}", several)
    assert {name for name, _ in wanted} == {"POSTGRES_PASSWORD", "SNOWFLAKE_SECRET_KEY"}
    assert all(advice for _, advice in wanted)


def test_no_port_is_published_past_the_firewall() -> None:
    for path in (README, *COMPOSE):
        published = re.findall(r'^ +- "(.*:)?\d+:8000"$', path.read_text("utf-8"), re.MULTILINE)
        assert published, path.name
        assert set(published) == {"127.0.0.1:"}, path.name


def test_no_document_names_a_variable_that_does_not_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known |= {f"{name}_FILE" for name in known}
    for path in (README, README.with_name("CHANGELOG.md"), *COMPOSE):
        named = set(re.findall(r"SNOWFLAKE_[A-Z_]*[A-Z]", Path(path).read_text("utf-8")))
        assert named <= known, path.name


def test_the_example_of_a_configuration_file_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = README.read_text("utf-8")
    [example] = re.findall(r"### The configuration file\n.*?```toml\n(.*?)```", text, re.DOTALL)
    hashed = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$9DwGHLKtDjPM1NGnpPLBcw"
    (tmp_path / "snowflake.toml").write_text(example.replace("$argon2id$…", hashed), "utf-8")
    (tmp_path / "discord_secret").write_text("of-discord", "utf-8")
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    assert [client.id for client in load_settings().clients] == ["grafana"]
