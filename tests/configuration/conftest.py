from collections.abc import Callable
from pathlib import Path

import pytest

from snowflake.configuration import load_settings
from snowflake.errors import StartFault
from snowflake.settings import Settings

#: What registered clients need.
APPLICATION = 'discord_client_id = "1056005449054429204"\ndiscord_client_secret = "of-discord"\n'
Load = Callable[[str], Settings]
Faults = Callable[[str], list[str]]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where ``snowflake.toml`` is, once a test writes it."""
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    return tmp_path / "snowflake.toml"


@pytest.fixture
def load(file: Path) -> Load:
    """Load the settings with this text in the file."""

    def load_text(text: str) -> Settings:
        file.write_text(text, "utf-8")
        return load_settings()

    return load_text


@pytest.fixture
def faults(load: Load, file: Path) -> Faults:
    """Answer what is wrong with a text, from the line on: without the file's path."""

    def faults_of(text: str) -> list[str]:
        with pytest.raises(StartFault) as fault:
            load(text)
        lines = list(fault.value.faults)
        assert all(line.startswith(str(file)) and "\n" not in line for line in lines)
        return [line.removeprefix(f"{file}:") for line in lines]

    return faults_of
