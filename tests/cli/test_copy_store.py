import asyncio
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from snowflake.cli import main
from snowflake.cli.commands import app
from snowflake.errors import StartFault
from snowflake.store import copy as copying
from snowflake.store.signing_keys import StoredKey
from tests.running import Clock
from tests.store.furniture import APPLICATION, PERSON, link, put_login, tokens
from tests.store.places import ENGINES, Place, place_on

TABLES = (
    "codes",
    "discord_tokens",
    "grants",
    "links",
    "memberships",
    "refresh_tokens",
    "signing_keys",
)


async def fill(place: Place, clock: Clock) -> list[str]:
    async with place.store(clock) as store:
        logins = [await put_login(store, f"code {number}", str(number)) for number in range(3)]
        await store.signing_keys.add(StoredKey("kid", "{}", 0))
        for number in range(3):
            await store.links.take_over(link(str(number)), exclusive=False)
        await store.leases.take("work", 60)
        return [token for _, token in logins]


def content(place: Place) -> dict[str, list[tuple[object, ...]]]:
    async def read() -> dict[str, list[tuple[object, ...]]]:
        return {table: await place.rows(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES}  # noqa: S608

    return asyncio.run(read())


@pytest.mark.parametrize("source", ENGINES)
@pytest.mark.parametrize("target", ENGINES)
def test_a_store_moves_from_engine_to_engine(
    source: str, target: str, tmp_path: Path, clock: Clock
) -> None:
    for name in ("from", "to"):
        (tmp_path / name).mkdir()
    old, new = place_on(source, tmp_path / "from"), place_on(target, tmp_path / "to")
    [token, *_] = asyncio.run(fill(old, clock))
    result = CliRunner().invoke(app, ["copy-store", old.url, new.url], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    told = dict(line.split(": ") for line in result.stdout.splitlines())
    filled = {table: rows for table, rows in told.items() if rows != "0 rows"}
    assert filled == {**dict.fromkeys(TABLES, "3 rows"), "signing_keys": "1 rows"}
    assert {
        table: [list(map(int_if_bool, row)) for row in rows] for table, rows in content(old).items()
    } == {
        table: [list(map(int_if_bool, row)) for row in rows] for table, rows in content(new).items()
    }

    async def use() -> None:
        async with new.store(clock) as store:
            found = await store.refresh_tokens.find(token)
            assert found is not None
            assert await store.grants.find(found.grant_id) is not None
            assert await store.discord_tokens.find(APPLICATION, "1") == tokens("1")
            assert await store.links.find("1") == link("1")
            # Nobody who held a lease of the old one is at work in the new one.
            assert await store.leases.take("work", 60)

    asyncio.run(use())


def int_if_bool(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *urls: str,
    status: int = 2,
) -> str:
    monkeypatch.setattr("sys.argv", ["snowflake", "copy-store", *urls])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == status
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


@pytest.mark.parametrize("target", ENGINES)
def test_a_target_that_is_not_empty_stays_as_it_is(
    target: str,
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("from", "to"):
        (tmp_path / name).mkdir()
    old, new = place_on("sqlite", tmp_path / "from"), place_on(target, tmp_path / "to")
    asyncio.run(fill(old, clock))

    async def furnish() -> None:
        async with new.store(clock) as store:
            await put_login(store, "another code", PERSON)

    asyncio.run(furnish())
    before = content(new)
    assert "not empty" in refused(monkeypatch, capsys, old.url, new.url)
    assert content(new) == before


def test_a_source_that_is_not_there_is_told_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = f"sqlite:///{tmp_path / 'misspelt.db'}"
    target = f"sqlite:///{tmp_path / 'to.db'}"
    assert "misspelt.db: there is no store" in refused(monkeypatch, capsys, source, target)
    assert not (tmp_path / "misspelt.db").exists()


@pytest.mark.parametrize("url", ["mysql://host/name", "snowflake.db", ""])
def test_what_is_no_url_is_told_without_repeating_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(monkeypatch, capsys, f"sqlite:///{tmp_path / 'from.db'}", url)
    assert told.startswith("TO: must be a URL such as postgresql://")


def test_what_is_no_database_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "from.db").write_text("no database")
    urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("from", "to")]
    told = refused(monkeypatch, capsys, *urls)
    assert told == f"{tmp_path}/from.db: file is not a database. Bring back a copy\n"


@pytest.mark.parametrize("source", ENGINES)
def test_nothing_is_copied_while_snowflake_runs_on_the_source(
    source: str,
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("from", "to"):
        (tmp_path / name).mkdir()
    old, new = place_on(source, tmp_path / "from"), place_on("sqlite", tmp_path / "to")
    asyncio.run(fill(old, clock))

    async def start() -> None:
        # And is killed: nobody says that it has ended.
        async with old.store(time.time) as store:
            await store.presence.say()

    asyncio.run(start())
    told = refused(monkeypatch, capsys, old.url, new.url)
    assert told.startswith("Snowflake runs on the source (processes: 1): stop it, or ")
    assert not asyncio.run(new.rows("SELECT name FROM sqlite_master"))
    # As housekeeping does, once its lease is over.
    asyncio.run(old.change("DELETE FROM leases"))
    result = CliRunner().invoke(app, ["copy-store", old.url, new.url], catch_exceptions=False)
    assert result.exit_code == 0
    assert "Copying" in result.stderr


@pytest.mark.parametrize("source", ENGINES)
async def test_a_copy_tells_how_far_it_is(
    source: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)
    old, new = place_on(source, tmp_path), Place("sqlite", f"sqlite:///{tmp_path / 'to.db'}")
    await fill(old, clock)
    async with old.database() as one, new.database() as other:
        rows, told = await copying.prepare(one, other, clock), list[int]()
        copied = await copying.copy_store(one, other, clock, told.append)
    assert rows == sum(told) == sum(copied.values()) == 3 * (len(TABLES) - 1) + 1
    assert max(told) == 2


@pytest.mark.parametrize("source", ENGINES)
async def test_a_snowflake_that_starts_meanwhile_spoils_the_copy(
    source: str, tmp_path: Path, clock: Clock
) -> None:
    old, new = place_on(source, tmp_path), Place("sqlite", f"sqlite:///{tmp_path / 'to.db'}")
    await fill(old, clock)
    async with old.database() as one, new.database() as other, old.store(clock) as store:
        await copying.prepare(one, other, clock)
        await store.presence.say()
        with pytest.raises(StartFault, match="was started on the source meanwhile"):
            await copying.copy_store(one, other, clock)
