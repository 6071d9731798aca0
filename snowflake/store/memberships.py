"""What Discord said lately of guilds and who is in them, so that it is not asked again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import bindparam, select

from snowflake.crypto.sealing import BadNote, Note, Sealer
from snowflake.store.database import Database
from snowflake.store.prepared import Prepared, Row, Statement
from snowflake.store.schema import memberships

#: Seconds for which it is kept. Where somebody is stays here no longer than it is of use.
KEPT: Final = 3600
#: What stands in place of a guild for the list of all guilds.
ALL_GUILDS: Final = ""
#: What stands in place of a person for what the bot sees of guilds.
NOBODY: Final = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """One answer of Discord about a person, or about guilds.

    ``guild`` is the guild whose member ``person`` is, or ``ALL_GUILDS``. Of ``NOBODY`` it is the
    guild whose roles these are, or ``ALL_GUILDS`` of the bot. ``answer`` is JSON; ``asked_at`` is
    the Unix time, in seconds, at which Discord was asked.
    """

    person: str
    guild: str
    answer: str
    asked_at: int


@dataclass(frozen=True)
class SealedMembership(Note):
    """The answer at rest, tied to its person and its time so that it passes for no other."""

    purpose: ClassVar[str] = "membership 1"

    person: str
    guild: str
    answer: str
    asked_at: int


_FIND = Prepared(
    select(memberships).where(
        memberships.c.person == bindparam("person"), memberships.c.guild == bindparam("guild")
    )
)


class Memberships:
    """The answers in the store."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database, self._sealer = database, sealer
        insert = database.upsert(memberships)
        putting = insert.on_conflict_do_update(
            index_elements=[memberships.c.person, memberships.c.guild],
            set_={name: insert.excluded[name] for name in ("answer", "asked_at", "sealed_by")},
        )
        self._put = Prepared(putting)

    async def find(self, person: str, guild: str) -> Membership | None:
        """Answer what Discord said last, or None if nobody knows."""
        row = await self._database.read(_FIND(person=person, guild=guild).first)
        return self._read(row) if row is not None else None

    async def of_person(self, person: str) -> list[Membership]:
        """Answer all that is remembered about a person, the list of all guilds first."""
        query = select(memberships).where(memberships.c.person == person)
        query = query.order_by(memberships.c.guild)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [found for row in rows if (found := self._read(row)) is not None]

    async def remember(self, membership: Membership) -> None:
        """Keep an answer in place of an older one."""
        await self._database.write(self.putting(membership).run, single=True)

    def putting(self, membership: Membership) -> Statement:
        """Answer the statement that keeps an answer in place of an older one.

        Whoever writes last wins: two that asked at the same time heard the same.
        """
        person, guild = membership.person, membership.guild
        sealed = SealedMembership(person, guild, membership.answer, membership.asked_at)
        return self._put(
            person=person,
            guild=guild,
            answer=self._sealer.seal(sealed),
            asked_at=membership.asked_at,
            sealed_by=self._sealer.name,
        )

    def _read(self, row: Row) -> Membership | None:
        try:
            sealed = self._sealer.open(SealedMembership, row["answer"])
        except BadNote:
            # Unlike a grant it is no loss: Discord will be asked.
            return None
        if (sealed.person, sealed.guild) != (row["person"], row["guild"]):
            return None
        return Membership(sealed.person, sealed.guild, sealed.answer, sealed.asked_at)


def in_order(learnt: Iterable[Membership]) -> list[Membership]:
    """Answer what was learnt in the order in which rows are locked."""
    return sorted(learnt, key=lambda membership: (membership.person, membership.guild))
