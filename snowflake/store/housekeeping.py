"""Deleting what has expired, and sealing anew what an older key has sealed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    or_,
    select,
    tuple_,
    update,
)

from snowflake.crypto.sealing import BadNote, Note, Sealer
from snowflake.store.database import Database, Work
from snowflake.store.device_codes import KEPT as DEVICES_KEPT
from snowflake.store.discord_tokens import SealedPair
from snowflake.store.grants import SealedClaims
from snowflake.store.leases import Leases
from snowflake.store.link import ENDED, SealedLink
from snowflake.store.locks import in_order
from snowflake.store.memberships import KEPT, SealedMembership
from snowflake.store.refresh_tokens import OVERLAP
from snowflake.store.reputation import GOOD_FOR
from snowflake.store.schema import (
    access_tokens,
    client_tokens,
    codes,
    device_codes,
    discord_tokens,
    good_credentials,
    grants,
    leases,
    links,
    logout_deliveries,
    memberships,
    refresh_tokens,
    session_clients,
    sessions,
    signing_keys,
    subject_secret,
    used_assertions,
    watched_people,
)
from snowflake.store.sessions import SealedAccount
from snowflake.store.signing_keys import SealedKey
from snowflake.store.subject_secret import SealedSecret
from snowflake.store.subjects import SealedSubject

#: Rows that one transaction changes, so that nobody waits long for it, and that are found at once.
BATCH, FOUND = 100, 5000
#: Rows that cannot be opened, after which the others of their table wait for the next time.
MAX_UNREADABLE = 1000
#: Seconds for which a process has the housekeeping to itself.
LEASE = 60
#: Seconds for which what is of a login stays beyond its time, which the slow clock of another
#: machine may have told: swept away too soon, a login fails or a JWT is good twice.
SLACK = 600

_log = structlog.get_logger(__name__)
_Row = Sequence[Any]


class _Sealed(NamedTuple):
    table: Table
    column: str
    kind: type[Note]


#: Where sealed notes are kept.
SEALED = (
    _Sealed(grants, "claims", SealedClaims),
    _Sealed(discord_tokens, "tokens", SealedPair),
    _Sealed(links, "sealed", SealedLink),
    _Sealed(memberships, "answer", SealedMembership),
    _Sealed(sessions, "account", SealedAccount),
    _Sealed(session_clients, "subject", SealedSubject),
    _Sealed(logout_deliveries, "subject", SealedSubject),
    _Sealed(signing_keys, "key", SealedKey),
    _Sealed(subject_secret, "secret", SealedSecret),
)


class Housekeeping:
    """The work of whichever process is free. ``clock`` tells Unix time in seconds."""

    def __init__(
        self, database: Database, sealer: Sealer, leases: Leases, clock: Callable[[], float]
    ) -> None:
        self._database, self._sealer, self._leases = database, sealer, leases
        self._clock = clock

    async def run(self, *others: Callable[[], Awaitable[None]]) -> None:
        """Do the work, and that of others, if no other process is at it."""
        holder = await self._leases.take("housekeeping", LEASE)
        if holder is None:
            return
        try:
            await self.delete_expired()
            await self.forget_successors()
            await self.seal_anew()
            for other in others:
                await other()
        finally:
            await self._leases.give_back("housekeeping", holder)

    async def delete_expired(self) -> int:
        """Delete expired rows in small batches, and Discord's tokens that serve nobody.

        A lease ends by the clock of the database.
        """
        now = int(self._clock())
        over = now - SLACK
        database_now = await self._database.read(lambda c: self._database.now(c, self._clock))
        expired: list[tuple[Table, ColumnElement[bool]]] = [
            (refresh_tokens, refresh_tokens.c.expires_at <= over),
            (access_tokens, access_tokens.c.expires_at <= over),
            # Before the grants, which end with them.
            (sessions, sessions.c.expires_at <= over),
            (grants, (grants.c.expires_at <= over) | _ended_with_session()),
            (logout_deliveries, logout_deliveries.c.expires_at <= now),
            (codes, codes.c.expires_at <= over),
            (device_codes, device_codes.c.expires_at <= now - DEVICES_KEPT),
            (client_tokens, client_tokens.c.expires_at <= over),
            (used_assertions, used_assertions.c.expires_at <= over),
            (leases, leases.c.until <= int(database_now) - LEASE),
            (memberships, memberships.c.asked_at <= now - KEPT),
            (good_credentials, good_credentials.c.seen_at <= now - GOOD_FOR),
            (discord_tokens, _have_ended(over) & ~_serve_somebody()),
            (watched_people, (watched_people.c.looked_at <= now - KEPT) & ~_is_signed_in()),
        ]
        return sum([await self._change(table, which, delete(table)) for table, which in expired])

    async def forget_successors(self) -> None:
        """Forget successors of used refresh tokens for whose lost answer nobody waits any more."""
        over = refresh_tokens.c.used_at <= int(self._clock()) - 2 * OVERLAP
        known = over & refresh_tokens.c.successor.is_not(None)
        await self._change(refresh_tokens, known, update(refresh_tokens).values(successor=None))

    async def seal_anew(self) -> int:
        """Seal with the first key what another one has sealed, so that the other may go."""
        return sum([await self._seal_anew(place) for place in SEALED])

    async def _change(
        self, table: Table, condition: ColumnElement[bool], change: Delete | Update
    ) -> int:
        """Change the rows of a table for which a condition holds, and answer how many did."""
        key = list(table.primary_key)
        # Found apart, because to find them may take as long as there are rows; and the condition
        # again, because a row may be renewed meanwhile.
        find = select(*key).where(condition).limit(FOUND)
        batch = and_(
            # By a key of several columns alone SQLite would go through all rows, each time.
            key[0].in_(bindparam("firsts", expanding=True)),
            tuple_(*key).in_(bindparam("keys", expanding=True)),
            condition,
        )
        statement = change.where(tuple_(*key).in_(in_order(table, batch, unless_locked=True)))
        changed = 0
        while True:
            found = await self._database.read(lambda c: c.execute(find).all(), many=True)
            for start in range(0, len(found), BATCH):
                keys = [tuple(row) for row in found[start : start + BATCH]]
                values = {"keys": keys, "firsts": [first for first, *_ in keys]}
                changed += await self._database.write(_changing(statement, values), many=True)
            if len(found) < FOUND:
                return changed

    async def _seal_anew(self, place: _Sealed) -> int:
        """Seal the notes of a place anew.

        One that cannot be opened is damaged, or another process has sealed it under a key that is
        new here. It must not keep the others, nor other work, waiting.
        """
        table, key = place.table, list(place.table.primary_key)
        own = self._sealer.name
        # Not "!=", for which no database would use the index, as it would not for rows in order.
        foreign = (table.c.sealed_by < own) | (table.c.sealed_by > own)
        every = select(*key, table.c[place.column]).where(foreign).limit(BATCH)
        query = every = every.with_for_update(skip_locked=True)

        def work(connection: Connection) -> Sequence[_Row]:
            rows = connection.execute(query).all()
            for *values, note in rows:
                same = [column == value for column, value in zip(key, values, strict=True)]
                try:
                    anew = {place.column: self._sealer.anew(place.kind, note), "sealed_by": own}
                except BadNote:
                    unreadable.append(tuple(values))
                else:
                    connection.execute(update(table).where(*same).values(anew))
            return rows

        unreadable: list[_Row] = []
        looked_at = 0
        while rows := await self._database.write(work):
            looked_at += len(rows)
            if len(unreadable) >= MAX_UNREADABLE:
                break
            query = every.where(tuple_(*key).not_in(unreadable)) if unreadable else every
        if unreadable:
            _log.warning("not_sealed_anew", table=table.name, rows=len(unreadable))
        return looked_at - len(unreadable)


def _changing(statement: Delete | Update, values: Mapping[str, object]) -> Work[int]:
    return lambda connection: connection.execute(statement, values).rowcount


def _have_ended(now: int) -> ColumnElement[bool]:
    """Whether Discord's tokens have, and nobody is on their way who will use them.

    Those that Discord has refused before their time may still be renewed by whoever is.
    """
    return (discord_tokens.c.expires_at <= now) & (discord_tokens.c.needed_until <= now)


def _serve_somebody() -> ColumnElement[bool]:
    """Whether a grant, a session or a link needs Discord's tokens."""
    needed = [
        select(table.c.person).where(
            table.c.person == discord_tokens.c.person,
            table.c.application == discord_tokens.c.application,
        )
        for table in (grants, sessions, links)
    ]
    of_link = needed.pop().where(links.c.state != ENDED)
    return or_(*(query.exists() for query in needed), of_link.exists())


def _is_signed_in() -> ColumnElement[bool]:
    """Whether a watched person has a grant or a session."""
    held = [
        select(table.c.id).where(table.c.person == watched_people.c.person)
        for table in (grants, sessions)
    ]
    return or_(*(query.exists() for query in held))


def _ended_with_session() -> ColumnElement[bool]:
    lives = select(sessions.c.id).where(sessions.c.id == grants.c.session).exists()
    return grants.c.session.is_not(None) & ~grants.c.offline & ~lives
