"""The names by which clients know people: at hand from the start, whoever needs them later."""

from sqlalchemy.engine import URL

from snowflake.crypto.sealing import Sealer, check_secret_is_there
from snowflake.people.subjects import SUBJECTS, Subjects
from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.store import Store, check_made
from snowflake.store.sqlite import is_in_memory
from snowflake.store.subject_secret import SubjectSecret
from snowflake.store.url import open_database, store_url


async def load_subjects(store: Store, sealer: Sealer, url: URL) -> Subjects:
    """Answer them, with the secret of the store at a URL, which is made if there is none.

    What is in memory is gone after a restart, and everybody would be somebody new. There the secret
    is as lasting as the key under which all else is sealed.

    Raises:
        TemporarilyUnavailable: the store cannot be reached or read.
    """
    if is_in_memory(url):
        return Subjects(_lasting(sealer))
    return Subjects(await store.subject_secret.made())


async def kept_subjects(client: Client, settings: Settings) -> Subjects:
    """Answer them for a client as far as the store has made their secret. None is made.

    Raises:
        StartFault: the store cannot be used.
        TemporarilyUnavailable: it cannot be reached or read.
    """
    url = store_url(settings)
    if not SUBJECTS[client.subject].is_keyed:
        return Subjects(None)
    if is_in_memory(url):
        return Subjects(_lasting(Sealer.load(settings)))
    await check_made(url)
    check_secret_is_there(settings)
    database = open_database(url)
    try:
        return Subjects(await SubjectSecret(database, Sealer.load(settings)).find())
    finally:
        await database.close()


def _lasting(sealer: Sealer) -> bytes:
    return bytes.fromhex(sealer.digest("subjects"))
