"""Discord's tokens of a person for a Discord application: a pair for each set of scopes.

A login may bring fewer scopes than another one has, or others, as linking an account does. The pair
that holds what none of the newer ones does stays, for those who need it.
"""

import math
import secrets
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import SecretStr
from sqlalchemy import (
    Connection,
    Delete,
    Update,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from snowflake.crypto.sealing import Note, Sealer
from snowflake.store.database import Database
from snowflake.store.leases import Leases
from snowflake.store.locks import updating
from snowflake.store.prepared import Prepared, Row
from snowflake.store.schema import discord_tokens
from snowflake.store.sealed import open_sealed

#: Seconds that saving a pair may take, after Discord has taken all of its time.
SAVING = 5
#: The time at which an access token has ended that Discord refused before its time.
REFUSED = 0

_OF = Prepared(
    select(discord_tokens)
    .where(
        discord_tokens.c.application == bindparam("application_"),
        discord_tokens.c.person == bindparam("person_"),
    )
    .order_by(discord_tokens.c.id)
)
_IS = discord_tokens.c.id == bindparam("id_")
_FIND = Prepared(select(discord_tokens).where(_IS))
_ADD = Prepared(insert(discord_tokens))
_CHANGE = Prepared(update(discord_tokens).where(_IS))
_REMOVE = Prepared(delete(discord_tokens).where(_IS))


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """A pair of Discord's tokens. ``expires_at`` is the access token's, in Unix time.

    Until ``needed_until``, a Unix time, somebody is on their way who will use it, though there is
    no grant or link yet. A pair that is renewed keeps its ``id``.
    """

    application: str
    person: str
    access_token: SecretStr
    refresh_token: SecretStr | None
    scopes: frozenset[str]
    expires_at: int
    needed_until: int = 0
    id: str = field(default_factory=lambda: secrets.token_hex(16), compare=False)

    @property
    def refused(self) -> bool:
        """Whether Discord has refused the access token before its time."""
        return self.expires_at == REFUSED


@dataclass(frozen=True)
class SealedPair(Note):
    """The pair at rest, tied to its person so that no row passes for another."""

    purpose: ClassVar[str] = "discord tokens 1"

    application: str
    person: str
    access_token: str
    refresh_token: str | None


class DiscordTokens:
    """The tokens in the store."""

    def __init__(self, database: Database, sealer: Sealer, leases: Leases) -> None:
        self._database, self._sealer, self._leases = database, sealer, leases

    async def of(self, application: str, person: str) -> list[StoredTokens]:
        """Answer all pairs of one person for one Discord application."""
        pairs = _OF(application_=application, person_=person)
        rows = await self._database.read(pairs.all)
        return [self._read(row) for row in rows]

    async def find(
        self, application: str, person: str, wanted: frozenset[str] = frozenset()
    ) -> StoredTokens | None:
        """Answer the pair that holds most of the scopes that are wanted, the newest of several."""
        pairs = await self.of(application, person)
        return max(pairs, key=lambda p: (len(wanted & p.scopes), p.expires_at), default=None)

    async def current(self, tokens: StoredTokens) -> StoredTokens | None:
        """Answer a pair as it is now, or the one that has taken its place; None if all are gone."""
        row = await self._database.read(_FIND(id_=tokens.id).first)
        if row is not None:
            return self._read(row)
        return await self.find(tokens.application, tokens.person, tokens.scopes)

    async def of_person(self, person: str) -> list[StoredTokens]:
        """Answer a person's tokens for all Discord applications."""
        query = select(discord_tokens).where(discord_tokens.c.person == person)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [self._read(row) for row in rows]

    async def replace(self, tokens: StoredTokens) -> bool:
        """Keep a pair that was renewed in place of the old one; it is on the disk on return.

        Answers False if the old one is gone: another one has taken its place, or the person has
        been erased, and so are they.
        """
        values = self._values(tokens)
        del values["needed_until"]
        change = _CHANGE(id_=tokens.id, **values)
        return await self._database.write(change.run, single=True) == 1

    def keep(self, connection: Connection, tokens: StoredTokens) -> None:
        """Keep the pair of a new login within its transaction.

        Older ones go that hold no scope which it does not hold. It goes itself where a newer one
        holds all of its scopes; the newest ends last.
        """
        needed_until = tokens.needed_until
        pairs = _OF(application_=tokens.application, person_=tokens.person)
        for other in pairs.all(connection):
            scopes, expires_at = frozenset(other["scope"].split()), other["expires_at"]
            if expires_at > tokens.expires_at and tokens.scopes <= scopes:
                needed_until = max(needed_until, other["needed_until"])
                _CHANGE(id_=other["id"], needed_until=needed_until).run(connection)
                return
            if expires_at <= tokens.expires_at and scopes <= tokens.scopes:
                needed_until = max(needed_until, other["needed_until"])
                _REMOVE(id_=other["id"]).run(connection)
        row = {**self._values(tokens), "needed_until": needed_until}
        its = {"id": tokens.id, "application": tokens.application, "person": tokens.person}
        _ADD(**its, **row).run(connection)

    async def put(self, tokens: StoredTokens) -> None:
        """Keep the pair that a person has brought from Discord without a login."""
        await self._database.write(lambda c: self.keep(c, tokens))

    async def release(self, application: str, person: str) -> None:
        """Let nobody be on their way any more to the pairs of a person."""
        theirs = discord_tokens.c.application == application, discord_tokens.c.person == person
        change = updating(discord_tokens, and_(*theirs)).values(needed_until=0)
        await self._database.write(lambda c: c.execute(change))

    async def forget(self, tokens: StoredTokens) -> None:
        """Forget a pair that Discord no longer accepts; what has taken its place stays."""
        await self._change(tokens, delete(discord_tokens))

    async def refuse(self, tokens: StoredTokens) -> None:
        """Keep of a pair that Discord refuses its access token, for all who would show it again."""
        await self._change(tokens, update(discord_tokens).values(expires_at=REFUSED))

    def alone(
        self, application: str, person: str, patience: float
    ) -> AbstractAsyncContextManager[None]:
        """Be the only one, among all processes, who refreshes this person's pair.

        Waits up to ``patience`` seconds, then raises ``TemporarilyUnavailable``. Discord has to
        answer within as many; the others are kept out for a little longer.
        """
        lease = math.ceil(patience) + SAVING
        return self._leases.hold(f"discord {application} {person}", lease, patience)

    async def _change(self, tokens: StoredTokens, change: Delete | Update) -> None:
        """Change or delete a pair, unless it has been renewed meanwhile."""
        row = await self._database.read(_FIND(id_=tokens.id).first)
        if row is None or self._read(row).access_token != tokens.access_token:
            return
        is_same = (discord_tokens.c.id == tokens.id) & (discord_tokens.c.tokens == row["tokens"])
        await self._database.write(lambda c: c.execute(change.where(is_same)))

    def _values(self, tokens: StoredTokens) -> dict[str, object]:
        refresh_token = tokens.refresh_token
        pair = SealedPair(
            tokens.application,
            tokens.person,
            tokens.access_token.get_secret_value(),
            refresh_token.get_secret_value() if refresh_token is not None else None,
        )
        return {
            "tokens": self._sealer.seal(pair),
            "scope": " ".join(sorted(tokens.scopes)),
            "expires_at": tokens.expires_at,
            "needed_until": tokens.needed_until,
            "sealed_by": self._sealer.name,
        }

    def _read(self, row: Row) -> StoredTokens:
        pair = open_sealed(self._sealer, SealedPair, row["tokens"])
        if (pair.application, pair.person) != (row["application"], row["person"]):
            raise ValueError("the tokens of a person belong to another")
        return StoredTokens(
            application=pair.application,
            person=pair.person,
            access_token=SecretStr(pair.access_token),
            refresh_token=SecretStr(pair.refresh_token) if pair.refresh_token else None,
            scopes=frozenset(row["scope"].split()),
            expires_at=row["expires_at"],
            needed_until=row["needed_until"],
            id=row["id"],
        )
