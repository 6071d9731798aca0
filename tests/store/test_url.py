from pathlib import Path

import pytest
from pydantic import SecretStr

from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.store.url import parse_url, place_for_store, store_url


def test_by_default_it_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    url = store_url(settings)
    assert url.database == str(tmp_path / "data" / "snowflake.db")
    assert not (tmp_path / "data").exists()
    assert place_for_store(settings) == url
    assert (tmp_path / "data").is_dir()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_a_postgresql_may_be_written_as_it_is_used_to(scheme: str) -> None:
    settings = Settings(database_url=SecretStr(f"{scheme}://ada:p%40ss@db.example.com/snowflake"))
    url = store_url(settings)
    assert (url.drivername, url.password) == ("postgresql+asyncpg", "p@ss")


@pytest.mark.parametrize(
    "text", ["", "x", "mysql://ada:hunter2@host/name", "postgresql://ada:hunter2@host:port/name"]
)
def test_what_is_no_url_is_a_fault_that_repeats_nothing(text: str) -> None:
    with pytest.raises(StartFault) as fault:
        parse_url(text, "SNOWFLAKE_DATABASE_URL")
    [line] = fault.value.faults
    assert line.startswith("SNOWFLAKE_DATABASE_URL: ")
    assert "hunter2" not in line
