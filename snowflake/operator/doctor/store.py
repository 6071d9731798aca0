"""Whether the store is there, up to date, and sealed under this key."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from snowflake.crypto.files import exists, whose
from snowflake.crypto.sealing import SECRET_FILE, Sealer, is_homeless, makes_secret
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.operator.doctor.signing_key import keys_given, keys_kept
from snowflake.operator.doctor.subjects import known_people
from snowflake.settings import Settings
from snowflake.store import Store
from snowflake.store.database import Database
from snowflake.store.migrate import missing_migrations
from snowflake.store.seals import check_seals, check_unsealed
from snowflake.store.url import FILE, open_database, store_url


async def store(connections: Connections) -> AsyncIterator[Finding]:
    """Look at the store as it is, and at the key that signs.

    Raises:
        StartFault: it cannot be used.
        TemporarilyUnavailable: it cannot be reached.
    """
    settings = connections.settings
    for finding in keys_given(settings):
        yield finding
    absent = _absent(settings)
    if absent is not None:
        yield absent
        return
    database = open_database(store_url(settings))
    try:
        steps = await missing_migrations(database)
        if steps:
            text = f"can be reached; migrations that the next start will run: {steps}"
            yield Finding(Status.NOTE, "store", text)
            return
        sealer = await _sealer(settings, database)
        text = "can be reached, is up to date and sealed under this key"
        yield Finding(Status.OK, "store", text)
        kept = Store(database, sealer, connections.clock)
        async for finding in keys_kept(settings, kept, connections.clock):
            yield finding
        async for finding in known_people(settings, kept):
            yield finding
    finally:
        await database.close()


def _absent(settings: Settings) -> Finding | None:
    """Answer what to say of a store that nobody has made yet; None if there may be one."""
    if settings.database_url is None and is_homeless(settings):
        text = f"nothing can be written to {settings.data_dir}"
        if settings.private_key is not None:
            forgets = "; it is in memory, and after a restart everybody has to sign in anew"
            return Finding(Status.WARNING, "store", text + forgets)
        cure = f"{whose(settings.data_dir)}. Or set SNOWFLAKE_DATA_DIR."
        return Finding(Status.FAULT, "store", text, cure)
    path = settings.data_dir / FILE
    if settings.database_url is not None:
        url = store_url(settings)
        if url.get_backend_name() != "sqlite":
            return None
        path = Path(url.database or "")
    made = f"is made at the first start, in {path}"
    return None if exists(path) else Finding(Status.NOTE, "store", made)


async def _sealer(settings: Settings, database: Database) -> Sealer:
    """Answer what the store is sealed with. Where there is no key yet, none is made."""
    if makes_secret(settings):
        await check_unsealed(database, settings.data_dir / SECRET_FILE)
        return Sealer(secrets.token_bytes(32))
    sealer = Sealer.load(settings)
    await check_seals(database, sealer)
    return sealer
