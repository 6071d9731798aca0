import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from snowflake.crypto.private_keys import parse_key
from snowflake.crypto.sealing import SECRET_FILE
from snowflake.errors import StartFault, TemporarilyUnavailable
from snowflake.operator.doctor.examination import examine
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.operator.doctor.store import store
from snowflake.settings import Settings
from snowflake.store import Store
from snowflake.store.migrate import migrate
from snowflake.store.signing_keys import StoredKey
from tests.operator.doctor.cases import found, opened
from tests.running import Clock
from tests.store.newer import become_newer
from tests.store.places import SECRET, Place, place_on


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_on("sqlite", tmp_path)


@pytest.fixture
def settings(tmp_path: Path, place: Place) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        database_url=SecretStr(place.url),
        secret_key=SecretStr(SECRET.decode()),
    )


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snowflake.crypto.sealing.is_writable", lambda _: False)


def files_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


async def keep_key(made: Store, private_key: str) -> str:
    kid = str(parse_key(private_key, "the key").kid)
    await made.signing_keys.add(StoredKey(kid, private_key, 0))
    return kid


def said(findings: list[Finding]) -> list[tuple[str, Status]]:
    return [(finding.subject, finding.status) for finding in findings]


async def test_a_store_in_order_with_a_key_that_signs(
    place: Place, settings: Settings, clock: Clock, private_key: str
) -> None:
    async with place.store(clock) as made:
        kid = await keep_key(made, private_key)
    findings = await found(store, settings)
    assert said(findings) == [("store", Status.OK), ("signing key", Status.OK)]
    assert findings[1].text == f"{kid} signs by RS256; 1 published"


async def test_a_store_without_a_key_gets_one_at_the_next_start(
    place: Place, settings: Settings, clock: Clock
) -> None:
    async with place.store(clock):
        pass
    assert said(await found(store, settings))[1] == ("signing key", Status.NOTE)


@pytest.mark.parametrize("url", [None, "sqlite:////nowhere/at/all.db"])
async def test_what_is_not_there_yet_is_told_and_not_made(tmp_path: Path, url: str | None) -> None:
    settings = Settings(data_dir=tmp_path, database_url=SecretStr(url) if url else None)
    [finding] = await found(store, settings)
    assert (finding.subject, finding.status) == ("store", Status.NOTE)
    assert str(tmp_path) in finding.text or "/nowhere" in finding.text
    assert files_in(tmp_path) == []


async def test_an_old_schema_is_brought_up_to_date_at_the_next_start(
    place: Place, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place.database() as database:
        await migrate(database)
    before = await place.rows("SELECT version_num FROM alembic_version")
    become_newer(monkeypatch, tmp_path)
    [finding] = await found(store, settings)
    assert (finding.subject, finding.status) == ("store", Status.NOTE)
    assert re.search(r"migrations .*: 1$", finding.text)
    assert await place.rows("SELECT version_num FROM alembic_version") == before


async def test_a_schema_of_a_newer_release_is_a_fault(
    place: Place, settings: Settings, clock: Clock
) -> None:
    async with place.store(clock):
        pass
    await place.change("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartFault, match="newer Snowflake"):
        await found(store, settings)


async def test_another_secret_key_is_a_fault(
    place: Place, settings: Settings, clock: Clock, private_key: str
) -> None:
    async with place.store(clock, b"another secret of thirty-two characters") as made:
        await keep_key(made, private_key)
    with pytest.raises(StartFault, match="SNOWFLAKE_SECRET_KEY"):
        await found(store, settings)


async def test_a_lost_secret_key_is_a_fault_and_no_other_takes_its_place(
    place: Place, settings: Settings, clock: Clock, private_key: str
) -> None:
    async with place.store(clock) as made:
        await keep_key(made, private_key)
    with pytest.raises(StartFault, match="keys/secret_key"):
        await found(store, settings.model_copy(update={"secret_key": None}))
    assert not (settings.data_dir / SECRET_FILE).exists()


async def test_a_database_that_cannot_be_reached_is_one_fault_and_not_the_end(
    settings: Settings,
) -> None:
    url = SecretStr("postgresql://snowflake:the-password@127.0.0.1:1/snowflake")
    away = settings.model_copy(update={"database_url": url})
    with pytest.raises(TemporarilyUnavailable):
        await found(store, away)
    async with opened(away) as connections:
        findings = [finding async for finding in examine(connections)]
    assert ("store", Status.FAULT) in said(findings)
    assert "issuer" in {finding.subject for finding in findings}
    assert not any("the-password" in f"{finding}" for finding in findings)


async def test_a_file_that_is_damaged_is_a_fault_in_the_words_of_sqlite(
    place: Place, settings: Settings
) -> None:
    place.file.write_bytes(b"no database " * 100)
    async with opened(settings) as connections:
        findings = [finding async for finding in examine(connections)]
    assert findings[0].status is Status.FAULT
    assert findings[0].text == f"{place.file}: file is not a database. Bring back a copy"


async def test_a_key_of_the_operator_is_looked_at_too(
    settings: Settings, private_key: str, place: Place, clock: Clock
) -> None:
    async with place.store(clock):
        pass
    given = settings.model_copy(update={"private_key": SecretStr(private_key)})
    assert said(await found(store, given)) == [("signing key", Status.OK), ("store", Status.OK)]
    damaged = settings.model_copy(update={"private_key": SecretStr("{}")})
    async with opened(damaged) as connections:
        findings = [finding async for finding in examine(connections)]
    assert said(findings)[0] == ("store", Status.FAULT)
    assert findings[0].text.startswith("SNOWFLAKE_PRIVATE_KEY: ")


@pytest.mark.usefixtures("homeless")
async def test_a_directory_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    [finding] = await found(store, Settings(data_dir=tmp_path))
    assert (finding.status, bool(finding.cure)) == (Status.FAULT, True)


@pytest.mark.usefixtures("homeless")
async def test_with_a_key_of_its_own_it_is_only_forgetful(tmp_path: Path, private_key: str) -> None:
    settings = Settings(data_dir=tmp_path, private_key=SecretStr(private_key))
    _, finding = await found(store, settings)
    assert (finding.subject, finding.status) == ("store", Status.WARNING)
