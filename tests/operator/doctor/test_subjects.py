"""What doctor says where people will be somebody new to an application."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from snowflake.discord.models import User
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.operator.doctor.store import store
from snowflake.people.subjects import SUBJECTS, Subjects
from snowflake.settings import Settings
from snowflake.settings.registry import Registry
from tests.operator.doctor.cases import found
from tests.running import USER, Clock
from tests.settings.tables.test_clients import client as table
from tests.store.furniture import grant
from tests.store.places import SECRET, Place, place_on

NELLY = User.model_validate(USER)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_on("sqlite", tmp_path)


async def signed_in(place: Place, clock: Clock, mode: str) -> None:
    """Leave a login of a client that knew people by a mode."""
    registry = Registry(Settings(clients=(table(subject=mode),)))
    client = registry.find("app")
    assert client is not None
    async with place.store(clock) as made:
        sub = Subjects(await made.subject_secret.made()).of(NELLY, client)
        login = replace(grant(NELLY.id), client_id="app", claims={"sub": sub})
        await made.database.write(made.grants.adding(login).run)


async def warnings(place: Place, tmp_path: Path, mode: str, **values: object) -> list[Finding]:
    settings = Settings(
        data_dir=tmp_path / "data",
        database_url=SecretStr(place.url),
        secret_key=SecretStr(SECRET.decode()),
        clients=(table(subject=mode, **values),),
    )
    return [one for one in await found(store, settings) if one.subject == "client app"]


@pytest.mark.parametrize("before", SUBJECTS)
async def test_it_warns_where_another_mode_was_in_use(
    place: Place, clock: Clock, tmp_path: Path, before: str
) -> None:
    await signed_in(place, clock, before)
    for mode in SUBJECTS:
        told = await warnings(place, tmp_path, mode)
        assert [one.status for one in told] == ([] if mode == before else [Status.WARNING])
        assert all(
            f"1 of its 1 latest logins know people by another sub than {mode} makes" in one.text
            for one in told
        )


async def test_it_warns_where_another_sector_was_in_use(
    place: Place, clock: Clock, tmp_path: Path
) -> None:
    await signed_in(place, clock, "pairwise")
    assert await warnings(place, tmp_path, "pairwise", sector="app.example.com") == []
    assert await warnings(place, tmp_path, "pairwise", sector="example.com") != []


async def test_of_a_client_to_which_nobody_is_signed_in_there_is_nothing_to_say(
    place: Place, clock: Clock, tmp_path: Path
) -> None:
    async with place.store(clock):
        pass
    for mode in SUBJECTS:
        assert await warnings(place, tmp_path, mode) == []
