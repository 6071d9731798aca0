"""Links: Discord accounts that are tied to an account at the upstream provider, for linked roles.

A Discord account has one link. Where an upstream account may have one Discord account alone, the
newest link takes it over: whoever had it before has lost it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal

from pydantic import SecretStr
from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    bindparam,
    case,
    delete,
    insert,
    select,
    update,
)

from snowflake.sealing import Note, Sealer
from snowflake.store.database import Database
from snowflake.store.schema import links
from snowflake.store.sealed import open_sealed

LinkState = Literal["active", "lost", "ended"]
ACTIVE: Final = "active"
#: The upstream account belongs to somebody else now, and Discord has to be told.
LOST: Final = "lost"
#: Nothing is kept true any more: the person is gone at either side.
ENDED: Final = "ended"

#: Links that are read at once.
PAGE: Final = 500

_FIND = select(links).where(links.c.person == bindparam("person"))


@dataclass(frozen=True, slots=True)
class Link:
    """A link. Times are Unix times in seconds.

    ``application`` is the Discord application, ``subject`` the upstream account's ``sub`` and
    ``claims`` what was said of it last. ``values`` and ``username`` are what was last put at
    Discord, nothing before the first time. ``synced_at`` is when both sides were last compared.
    """

    person: str
    application: str
    subject: str
    refresh_token: SecretStr | None
    claims: Mapping[str, Any]
    linked_at: int
    synced_at: int
    values: Mapping[str, str]
    username: str = ""
    state: LinkState = ACTIVE


@dataclass(frozen=True)
class SealedLink(Note):
    """What is secret of a link, tied to its accounts so that no row passes for another."""

    purpose: ClassVar[str] = "link 1"

    person: str
    application: str
    subject: str
    refresh_token: str | None
    claims: dict[str, Any]
    values: dict[str, str]
    username: str


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
        link = await self.find(person)
        return link is not None and link.application == application and link.state != ENDED

    async def due(self, before: int, limit: int) -> tuple[Link, ...]:
        """Answer links that were last synced before a time, those that wait longest first.

        Active ones, and lost ones, of which Discord does not know yet that they are.
        """
        query = select(links).where(links.c.synced_at < before, links.c.state != ENDED)
        return await self._all(query.order_by(links.c.synced_at, links.c.person).limit(limit))

    async def all(self) -> AsyncIterator[Link]:
        """Answer all links, ended ones too, by person."""
        query = select(links).order_by(links.c.person).limit(PAGE)
        page = await self._all(query)
        while page:
            for link in page:
                yield link
            page = await self._all(query.where(links.c.person > page[-1].person))

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
                connection.execute(change.values(self._row(_without_subject(self._read(row)))))
            connection.execute(delete(links).where(links.c.person == link.person))
            connection.execute(insert(links).values(person=link.person, **self._row(link)))
            return list(lost)

        return tuple([self._read(row) for row in await self._database.write(work)])

    async def hasten(self, subject: str) -> None:
        """Let the links of an upstream account be due at once, before all others.

        Each call leaves another ``synced_at``, so that a sync under way does not take the call for
        one that it has heeded.
        """
        at = links.c.synced_at
        change = update(links).where(links.c.subject == subject, links.c.state == ACTIVE)
        hastened = change.values(synced_at=case((at > 0, 0), else_=at - 1))
        await self._database.write(lambda c: c.execute(hastened))

    async def save(self, link: Link, *, seen: int | None = None) -> bool:
        """Keep what has changed of an active link; it is on the disk when this returns.

        With ``seen``, when it was synced last is kept only if that is still what the row has: else
        somebody has hastened it meanwhile.

        Answers False, and keeps nothing, if it is not there any more: the person has unlinked or
        linked anew, or the upstream account belongs to somebody else.
        """
        same = update(links).where(
            links.c.person == link.person,
            links.c.subject == link.subject,
            links.c.linked_at == link.linked_at,
            links.c.state == ACTIVE,
        )
        row = self._row(link)
        if seen is not None:
            at = links.c.synced_at
            row["synced_at"] = case((at == seen, link.synced_at), else_=at)
        change = same.values(row)
        return await self._database.write(lambda c: c.execute(change).rowcount == 1)

    async def end(self, person: str) -> None:
        """End a person's link: it stays, to be listed, but is kept true no longer."""
        change = update(links).where(links.c.person == person).values(state=ENDED)
        await self._database.write(lambda c: c.execute(change))

    async def remove(self, person: str) -> None:
        """Forget a person's link."""
        gone = delete(links).where(links.c.person == person)
        await self._database.write(lambda c: c.execute(gone))

    async def _all(self, query: Select[Any]) -> tuple[Link, ...]:
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return tuple([self._read(row) for row in rows])

    def _row(self, link: Link) -> dict[str, object]:
        token = link.refresh_token
        sealed = SealedLink(
            person=link.person,
            application=link.application,
            subject=link.subject,
            refresh_token=token.get_secret_value() if token is not None else None,
            claims=dict(link.claims),
            values=dict(link.values),
            username=link.username,
        )
        return {
            "application": link.application,
            "subject": link.subject,
            "sealed": self._sealer.seal(sealed),
            "state": link.state,
            "linked_at": link.linked_at,
            "synced_at": link.synced_at,
            "sealed_by": self._sealer.name,
        }

    def _read(self, row: RowMapping) -> Link:
        sealed = open_sealed(self._sealer, SealedLink, row["sealed"])
        own = (row["person"], row["application"], row["subject"])
        if (sealed.person, sealed.application, sealed.subject) != own:
            raise ValueError("what is sealed of a link belongs to another")
        token = sealed.refresh_token
        return Link(
            person=sealed.person,
            application=sealed.application,
            subject=sealed.subject,
            refresh_token=SecretStr(token) if token is not None else None,
            claims=sealed.claims,
            values=sealed.values,
            username=sealed.username,
            state=row["state"],
            linked_at=row["linked_at"],
            synced_at=row["synced_at"],
        )


def _of(subject: str) -> Select[Any]:
    query = select(links).where(links.c.subject == subject, links.c.state == ACTIVE)
    return query.order_by(links.c.person)


def _without_subject(link: Link) -> Link:
    """Leave what is needed to tell Discord, and let it be due at once."""
    return replace(link, refresh_token=None, claims={}, subject="", state=LOST, synced_at=0)
