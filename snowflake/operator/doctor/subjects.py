"""Whether registered clients still know people by the names by which they did."""

from collections.abc import AsyncIterator
from typing import Final

from snowflake.operator.doctor.finding import Finding, Status
from snowflake.people.subjects import Subjects
from snowflake.settings import Settings
from snowflake.settings.registry import Registry
from snowflake.store import Store

#: Logins of a client that are looked at, the latest ones.
LOOKED_AT: Final = 100
CURE: Final = (
    "Set subject and sector back to what they were, unless the application is to begin anew or its "
    "accounts have been moved."
)


async def known_people(settings: Settings, store: Store) -> AsyncIterator[Finding]:
    """Look at the living logins of each registered client.

    Raises:
        TemporarilyUnavailable: the store cannot be read.
    """
    registry, subjects = Registry(settings), Subjects(await store.subject_secret.find())
    for table in settings.clients:
        client = registry.find(table.id)
        if client is None:
            continue
        grants = await store.grants.latest(client.id, LOOKED_AT)
        others = [
            grant
            for grant in grants
            if not subjects.may_be(grant.claims["sub"], grant.person, client)
        ]
        if others:
            text = (
                f"{len(others)} of its {len(grants)} latest logins know people by another sub than "
                f"{client.subject} makes: it will take them for somebody new"
            )
            yield Finding(Status.WARNING, f"client {client.id}", text, CURE)
