"""Old databases are brought up to date, once, and the migrations say what the schema says."""

import asyncio
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from snowflake.store.migrate import migrate
from snowflake.store.schema import metadata
from tests.running import NOW, Clock
from tests.store.furniture import APPLICATION, CLAIMS, PERSON
from tests.store.places import Place

#: A database as the first release made it, with one login in it. Never to be changed.
FIRST_RELEASE = (Path(__file__).parent / "first_release.sql").read_text("utf-8")
SECRET = b"the secret key of the first release"
REFRESH_TOKEN = "the-refresh-token-of-the-first-release"


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))


async def test_the_migrations_make_what_the_schema_draws(place: Place) -> None:
    async with place.database() as database:
        await migrate(database)
        assert await database.write(_differences) == []


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


async def test_a_database_of_the_first_release_is_opened(place: Place, clock: Clock) -> None:
    place.run(FIRST_RELEASE)
    async with place.store(clock, SECRET) as store:
        token = await store.refresh_tokens.find(REFRESH_TOKEN)
        assert token is not None
        grant = await store.grants.find(token.grant_id)
        assert grant is not None
        assert (grant.person, grant.claims) == (PERSON, CLAIMS)
        assert (grant.scopes, grant.auth_time) == (("openid", "email", "groups"), NOW)
        # What Discord had granted then, the pair of tokens says.
        pair = await store.discord_tokens.find(APPLICATION, PERSON)
        assert pair is not None
        assert pair.access_token.get_secret_value() == "an-access-token-of-Discord"
        assert grant.discord_scopes == pair.scopes != frozenset()
        [key] = await store.signing_keys.all()
        assert key.kid == "first"


async def test_a_database_of_the_first_release_becomes_as_the_schema_draws(
    place: Place, clock: Clock
) -> None:
    place.run(FIRST_RELEASE)
    async with place.store(clock, SECRET) as store:
        assert await store.database.write(_differences) == []
