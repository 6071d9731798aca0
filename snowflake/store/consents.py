"""What people have allowed clients to learn, on the page of Snowflake that asks."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from snowflake.store.database import Database
from snowflake.store.schema import consents

_IS = (consents.c.person == bindparam("of_person")) & (
    consents.c.client_id == bindparam("of_client")
)
_FIND = select(consents.c.scope).where(_IS)
_WIDEN = update(consents).where(_IS)


class Consent(NamedTuple):
    """All that a person has allowed a client, by scope, last at a Unix time."""

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
            set_={"given_at": giving.excluded.given_at},
        ).returning(consents.c.scope)

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
        """Remember that a person allows a client these scopes, beside those that it has already.

        Two answers at once count both.
        """
        given = frozenset(scopes)
        its = {"person": person, "client_id": client_id, "given_at": int(self._clock())}

        def work(connection: Connection) -> None:
            # Whoever comes second waits here, and sees what the first one has allowed.
            known = connection.execute(self._give, {**its, "scope": _written(given)}).scalar_one()
            if not given <= frozenset(known.split()):
                all_of_them = given.union(known.split())
                theirs = {"of_person": person, "of_client": client_id}
                connection.execute(_WIDEN, {**theirs, "scope": _written(all_of_them)})

        await self._database.write(work)

    async def withdraw(self, person: str, client_id: str) -> None:
        """Forget what a person has allowed a client."""
        theirs = (consents.c.person == person) & (consents.c.client_id == client_id)
        await self._database.write(lambda c: c.execute(delete(consents).where(theirs)))


def _written(scopes: frozenset[str]) -> str:
    return " ".join(sorted(scopes))
