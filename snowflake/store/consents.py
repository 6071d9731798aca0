"""What people have allowed clients to learn, on the page of Snowflake that asks."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from snowflake.store.database import Database
from snowflake.store.schema import consents

_FIND = select(consents.c.scope).where(
    consents.c.person == bindparam("of_person"), consents.c.client_id == bindparam("of_client")
)


class Consent(NamedTuple):
    """What a person has allowed a client, by scope, last at a Unix time."""

    client_id: str
    scopes: tuple[str, ...]
    given_at: int


class Consents:
    """The consents in the store. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        giving = database.upsert(consents)
        self._give = giving.on_conflict_do_update(
            index_elements=[consents.c.person, consents.c.client_id],
            set_={name: giving.excluded[name] for name in ("scope", "given_at")},
        )

    async def scopes(self, person: str, client_id: str) -> frozenset[str]:
        """Answer the scopes that a person has allowed a client."""
        values = {"of_person": person, "of_client": client_id}
        scope = await self._database.read(lambda c: c.execute(_FIND, values).scalar_one_or_none())
        return frozenset((scope or "").split())

    async def of_person(self, person: str) -> list[Consent]:
        """Answer all that a person has allowed."""
        query = select(consents).where(consents.c.person == person).order_by(consents.c.client_id)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [Consent(row.client_id, tuple(row.scope.split()), row.given_at) for row in rows]

    async def give(self, person: str, client_id: str, scopes: Iterable[str]) -> None:
        """Remember that a person allows a client these scopes, in place of others."""
        values = {
            "person": person,
            "client_id": client_id,
            "scope": " ".join(sorted(scopes)),
            "given_at": int(self._clock()),
        }
        await self._database.write(lambda c: c.execute(self._give, values))

    async def withdraw(self, person: str, client_id: str) -> None:
        """Forget what a person has allowed a client."""
        theirs = (consents.c.person == person) & (consents.c.client_id == client_id)
        await self._database.write(lambda c: c.execute(delete(consents).where(theirs)))
