"""Links: Discord accounts that are tied to an account at the upstream provider, for linked roles.

A Discord account has one link. Where an upstream account may have one Discord account alone, the
newest link takes it over: whoever had it before has lost it.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    Update,
    bindparam,
    case,
    delete,
    insert,
    select,
    update,
)

from snowflake.crypto.sealing import Sealer
from snowflake.store.database import Database
from snowflake.store.link import ACTIVE, ENDED, Link, link_of, row_of, without_subject
from snowflake.store.schema import links

#: People who are read at once.
PAGE: Final = 500
#: How often the pause between two tries doubles at most.
DOUBLINGS: Final = 5

_FIND = select(links).where(links.c.person == bindparam("person"))


class Links:
    """The links in the store."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database, self._sealer = database, sealer

    async def find(self, person: str) -> Link | None:
        """Answer the link of a person, by their Discord user ID."""
        values = {"person": person}
        row = await self._database.read(lambda c: c.execute(_FIND, values).mappings().one_or_none())
        return self._read(row) if row is not None else None

    async def find_by_subject(self, subject: str) -> tuple[Link, ...]:
        """Answer the active links of an upstream account: one, unless several are allowed."""
        return await self._all(_of(subject))

    async def needs_tokens(self, application: str, person: str) -> bool:
        """Whether a link needs Discord's tokens of a person for an application."""
        needed = select(links.c.person).where(
            links.c.person == person, links.c.application == application, links.c.state != ENDED
        )
        return await self._database.read(lambda c: c.execute(needed).first()) is not None

    async def due(self, before: int, now: int, limit: int) -> tuple[str, ...]:
        """Answer the people who were last synced before a time, those first who wait longest.

        Those with active links, and those whose links are to be withdrawn; nobody whose next try
        has not come ``now``. People, for of many links one may not be readable.
        """
        query = _by_age().where(links.c.synced_at < before, links.c.retry_at <= now)
        return await self._people(query.limit(limit))

    async def by_age(self) -> tuple[tuple[str, int], ...]:
        """Answer everybody whose link has not ended, with its ``synced_at``, by that."""
        query = _by_age().add_columns(links.c.synced_at)
        rows = await self._database.read(lambda c: c.execute(query).all(), many=True)
        return tuple([(person, synced_at) for person, synced_at in rows])

    async def people(self) -> AsyncIterator[str]:
        """Answer everybody who has a link, an ended one too, by their Discord user IDs."""
        query = select(links.c.person).order_by(links.c.person).limit(PAGE)
        page = await self._people(query)
        while page:
            for person in page:
                yield person
            page = await self._people(query.where(links.c.person > page[-1]))

    async def keep(self, link: Link) -> None:
        """Keep a link in place of the one that the person had, and take nobody else's."""
        await self.take_over(link, exclusive=False)

    async def take_over(self, link: Link, *, exclusive: bool) -> tuple[Link, ...]:
        """Keep a new link in place of the one that the person had.

        With ``exclusive`` it takes the upstream account from all others. They are answered as they
        were. In the store they are lost, with nothing of the upstream account, until ``remove``:
        should this process die before it has told Discord, the next sync does.
        """

        def work(connection: Connection) -> list[RowMapping]:
            # Two that take the same account at once would not see each other's.
            self._database.queue(connection)
            lost: Sequence[RowMapping] = ()
            if exclusive:
                query = _of(link.subject).where(links.c.person != link.person)
                lost = connection.execute(query).mappings().all()
            for row in lost:
                change = update(links).where(links.c.person == row["person"])
                connection.execute(
                    change.values(row_of(without_subject(self._read(row)), self._sealer))
                )
            connection.execute(delete(links).where(links.c.person == link.person))
            connection.execute(
                insert(links).values(person=link.person, **row_of(link, self._sealer))
            )
            return list(lost)

        return tuple([self._read(row) for row in await self._database.write(work)])

    async def hasten(self, subject: str) -> None:
        """Let the links of an upstream account be due at once, before all others.

        Each call leaves another ``synced_at``, so that a sync under way does not take the call for
        one that it has heeded.
        """
        at = links.c.synced_at
        change = update(links).where(links.c.subject == subject, links.c.state == ACTIVE)
        hastened = change.values(synced_at=case((at > 0, 0), else_=at - 1), retry_at=0)
        await self._database.write(lambda c: c.execute(hastened))

    async def save(self, link: Link, *, seen: int | None = None) -> bool:
        """Keep what has changed of an active link; it is on the disk when this returns.

        With ``seen``, when it was synced last is kept only if that is still what the row has: else
        somebody has hastened it meanwhile.

        Answers False, and keeps nothing, if it is not there any more: the person has unlinked or
        linked anew, or the upstream account belongs to somebody else.
        """
        row = row_of(link, self._sealer)
        if seen is not None:
            at = links.c.synced_at
            row["synced_at"] = case((at == seen, link.synced_at), else_=at)
        if link.synced_at == seen:
            # It has not been brought to its end.
            del row["failures"]
        change = _same(link).where(links.c.state == ACTIVE).values(row)
        return await self._database.write(lambda c: c.execute(change).rowcount == 1)

    async def mark(self, link: Link, asked_at: int) -> None:
        """Note when the refresh token is about to be sent; 0 if it was not, or the answer has come.

        ``save`` takes the mark away. While it is there the answer may be lost, and the provider may
        know a refresh token that we do not.
        """
        change = _same(link).values(asked_at=asked_at)
        await self._database.write(lambda c: c.execute(change))

    async def postpone(self, person: str, now: int, pause: int, *, longer: bool) -> None:
        """Let the next try come after a pause in seconds, ``longer`` each time it fails again."""

        def work(connection: Connection) -> None:
            query = select(links.c.failures).where(links.c.person == person)
            failures = connection.execute(query).scalar_one_or_none() or 0
            until = now + pause * (2 ** min(failures, DOUBLINGS) if longer else 1)
            change = update(links).where(links.c.person == person)
            connection.execute(change.values(retry_at=until, failures=failures + longer))

        await self._database.write(work)

    async def end(self, link: Link) -> None:
        """End a link: it stays, to be listed, but is kept true no longer.

        Of it stays what Discord may still have: its values. A newer link of the person stays as it
        is.
        """
        ended = replace(link, refresh_token=None, claims={}, state=ENDED, retry_at=0, asked_at=0)
        change = _same(link).values(row_of(ended, self._sealer))
        await self._database.write(lambda c: c.execute(change))

    async def remove(self, person: str) -> None:
        """Forget a person's link."""
        gone = delete(links).where(links.c.person == person)
        await self._database.write(lambda c: c.execute(gone))

    async def _people(self, query: Select[Any]) -> tuple[str, ...]:
        # Links that have ended are passed over, however many there are.
        read = self._database.read(lambda c: c.execute(query).scalars().all(), many=True)
        return tuple(await read)

    async def _all(self, query: Select[Any]) -> tuple[Link, ...]:
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return tuple([self._read(row) for row in rows])

    def _read(self, row: RowMapping) -> Link:
        return link_of(row, self._sealer)


def _of(subject: str) -> Select[Any]:
    query = select(links).where(links.c.subject == subject, links.c.state == ACTIVE)
    return query.order_by(links.c.person)


def _by_age() -> Select[Any]:
    open_ones = select(links.c.person).where(links.c.state != ENDED)
    return open_ones.order_by(links.c.synced_at, links.c.person)


def _same(link: Link) -> Update:
    return update(links).where(
        links.c.person == link.person,
        links.c.subject == link.subject,
        links.c.linked_at == link.linked_at,
    )
