"""The names by which clients know people are the same after a restart, wherever the store is."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.state import State
from snowflake.state.subjects import kept_subjects
from tests.people.test_subjects import NELLY, known_by
from tests.running import Clock


def files_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


async def made(settings: Settings, clock: Clock) -> str:
    async with State.open(settings, clock) as state:
        return state.subjects.of(NELLY, known_by("hash"))


@pytest.mark.parametrize("is_homeless", [False, True])
async def test_they_are_the_same_after_a_restart_though_the_store_was_in_memory(
    tmp_path: Path,
    clock: Clock,
    private_key: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_homeless: bool,
) -> None:
    if is_homeless:
        monkeypatch.setattr("snowflake.crypto.sealing.is_writable", lambda _: False)
    settings = Settings(data_dir=tmp_path, private_key=SecretStr(private_key))
    before = await made(settings, clock)
    assert await made(settings, clock) == before
    # And a command that only looks knows them too.
    looking = await kept_subjects(known_by("hash"), settings)
    assert looking.of(NELLY, known_by("hash")) == before


async def test_whoever_only_looks_makes_no_secret_and_no_store(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(StartFault):
        await kept_subjects(known_by("uuid"), settings)
    subjects = await kept_subjects(known_by("username"), settings)
    assert subjects.find(NELLY, known_by("username")) == "nelly"
    assert subjects.find(NELLY, known_by("uuid")) is None
    assert files_in(tmp_path) == []
