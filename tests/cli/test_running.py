"""Commands beside ``serve`` work on a store that is there; none of them makes one."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from snowflake.cli.commands import app
from snowflake.errors import StartFault
from snowflake.store.migrate import migrate
from tests.linked_roles.tables import FILE
from tests.linked_roles.world import APPLICATION, APPLICATION_SECRET, BOT_TOKEN
from tests.store.newer import become_newer
from tests.store.places import SECRET, Place, place, place_on

__all__ = ["place"]

PERSON = "80351110224678912"
COMMANDS = [
    "keys list",
    "keys rotate",
    f"export --person {PERSON}",
    f"purge --person {PERSON} --dry-run",
    "linked-roles list",
    "linked-roles register --dry-run",
    "linked-roles sync",
    f"linked-roles unlink --person {PERSON}",
]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Answer a data directory that nobody has made yet, with all else configured."""
    (tmp_path / "snowflake.toml").write_text(FILE, "utf-8")
    monkeypatch.setenv("SNOWFLAKE_CONFIG", str(tmp_path / "snowflake.toml"))
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_ID", APPLICATION)
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_SECRET", APPLICATION_SECRET)
    monkeypatch.setenv("SNOWFLAKE_DISCORD_BOT_TOKEN", BOT_TOKEN)
    return tmp_path / "data"


def fault(command: str) -> str:
    with pytest.raises(StartFault) as raised:
        CliRunner().invoke(app, command.split(), catch_exceptions=False)
    [line] = raised.value.faults
    return line


@pytest.mark.parametrize("command", COMMANDS)
def test_in_an_empty_folder_nothing_is_made(command: str, data: Path) -> None:
    assert fault(command) == (
        f"{data}/snowflake.db: there is no store; run this where Snowflake runs, configured as it"
    )
    assert not data.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_in_an_empty_database_nothing_is_made(
    command: str, data: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place.engine == "sqlite":
        # As somebody may have left it who was interrupted.
        Path(place.url.removeprefix("sqlite:///")).touch()
    monkeypatch.setenv("SNOWFLAKE_DATABASE_URL", place.url)
    assert "the store is not made yet" in fault(command)
    tables = {
        "sqlite": "SELECT name FROM sqlite_master",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    assert asyncio.run(place.rows(tables[place.engine])) == []
    assert not data.exists()


def test_an_older_store_is_left_to_the_snowflake_that_may_be_running_on_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = place_on("sqlite", tmp_path)
    asyncio.run(_migrate(old))
    before = asyncio.run(old.rows("SELECT version_num FROM alembic_version"))
    become_newer(monkeypatch, tmp_path)
    monkeypatch.setenv("SNOWFLAKE_DATABASE_URL", old.url)
    assert "older than this Snowflake; start Snowflake first" in fault("keys list")
    assert asyncio.run(old.rows("SELECT version_num FROM alembic_version")) == before


def test_the_secret_of_a_store_is_not_made_up(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = place_on("sqlite", tmp_path)
    asyncio.run(_migrate(made))
    monkeypatch.setenv("SNOWFLAKE_DATABASE_URL", made.url)
    assert fault("keys list") == (
        f"{data}/keys/secret_key: there is no such file, and SNOWFLAKE_SECRET_KEY is not set"
    )
    assert not data.exists()
    monkeypatch.setenv("SNOWFLAKE_SECRET_KEY", SECRET.decode())
    assert CliRunner().invoke(app, ["keys", "list"]).exit_code == 0


async def _migrate(place: Place) -> None:
    async with place.database() as database:
        await migrate(database)
