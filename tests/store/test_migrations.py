"""Old databases are brought up to date, once, and the migrations say what the schema says."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from snowflake.crypto.algorithms import RS256
from snowflake.crypto.private_keys import parse_key
from snowflake.errors import StartFault
from snowflake.store.memberships import ALL_GUILDS
from snowflake.store.migrate import MIGRATIONS, migrate, revisions
from snowflake.store.schema import metadata
from tests.running import NOW, Clock
from tests.store.furniture import (
    APPLICATION,
    PERSON,
    grant,
    link,
    membership,
    put_login,
    tokens,
)
from tests.store.newer import REVISION, become_newer
from tests.store.places import Place

#: A store with a login, a link and a key, from before the migrations became one. It never changes.
FIRST_RELEASE = (Path(__file__).parent / "first_release.sql").read_text("utf-8")
SECRET = b"the secret key of the first release"
REFRESH_TOKEN = "the-refresh-token-of-the-first-release"


def _make_old_store(place: Place) -> None:
    # The one word in it that the engines have each for themselves.
    no = "0" if place.engine == "sqlite" else "false"
    place.run(FIRST_RELEASE.replace("DEFAULT false", f"DEFAULT {no}"))


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))


async def test_the_migrations_make_what_the_schema_draws(place: Place) -> None:
    async with place.database() as database:
        await migrate(database)
        assert await database.write(_differences) == []


def test_the_files_of_migrations_begin_with_their_revisions() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    assert revisions() == [script.revision for script in scripts][::-1]


async def test_migrating_again_changes_nothing(place: Place) -> None:
    async with place.database() as database:
        await migrate(database)
        before = await place.rows("SELECT * FROM alembic_version")
        await migrate(database)
        assert await place.rows("SELECT * FROM alembic_version") == before


async def test_many_migrate_a_new_database_at_once(place: Place, clock: Clock) -> None:
    async def start() -> None:
        async with place.store(clock) as store:
            await store.ping()

    await asyncio.gather(*(start() for _ in range(6)))
    assert len(await place.rows("SELECT * FROM alembic_version")) == 1


async def test_a_store_from_before_the_migrations_became_one_works_on(
    place: Place, clock: Clock
) -> None:
    _make_old_store(place)
    async with place.store(clock, SECRET) as store:
        token = await store.refresh_tokens.find(REFRESH_TOKEN)
        assert token is not None
        kept = await store.grants.find(token.grant_id)
        assert kept is not None
        expected = grant(expires_at=NOW + 30 * 24 * 3600)
        assert kept == replace(expected, id="the-first-grant", discord_scopes=tokens().scopes)
        assert await store.discord_tokens.find(APPLICATION, PERSON) == tokens()
        assert await store.memberships.find(PERSON, ALL_GUILDS) == membership()
        assert await store.links.find(PERSON) == link()
        [key] = await store.signing_keys.all()
        assert (key.kid, key.signs_from) == ("first", NOW)
        assert parse_key(key.jwk, "the key").algorithm == RS256
        # And is written to as a new one is.
        successor = await store.refresh_tokens.rotate(token, kept)
        assert successor is not None
        assert await store.refresh_tokens.find(successor) is not None
        await put_login(store, "another-code")


async def test_a_store_from_before_the_migrations_became_one_is_as_the_schema_draws(
    place: Place, clock: Clock
) -> None:
    _make_old_store(place)
    async with place.store(clock, SECRET) as store:
        assert await store.database.write(_differences) == []


async def test_an_older_store_is_left_as_it_is(place: Place, clock: Clock) -> None:
    _make_old_store(place)
    await place.change("UPDATE alembic_version SET version_num = '0010'")
    with pytest.raises(StartFault, match=r"before the first release .* move it away"):
        async with place.store(clock, SECRET):
            pass
    assert await place.rows("SELECT version_num FROM alembic_version") == [("0010",)]


async def test_what_comes_after_the_first_migration_is_run_at_the_start(
    place: Place, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make_old_store(place)
    become_newer(monkeypatch, tmp_path)
    async with place.store(clock, SECRET) as store:
        assert await store.links.find(PERSON) == link()
    assert await place.rows("SELECT version_num FROM alembic_version") == [(REVISION,)]
    assert await place.rows("SELECT * FROM novelties") == []
