"""Discord's tokens, one row per Discord application and person."""

import math
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import ClassVar

from pydantic import SecretStr
from sqlalchemy import BindParameter, ColumnElement, RowMapping, bindparam, delete, select, update

from snowflake.sealing import Note, Sealer
from snowflake.store.database import Database, Statement
from snowflake.store.leases import Leases
from snowflake.store.schema import discord_tokens
from snowflake.store.sealed import open_sealed

#: Seconds that saving a pair may take, after Discord has taken all of its time.
SAVING = 5


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """A pair of Discord's tokens. ``expires_at`` is the access token's, in Unix time."""

    application: str
    person: str
    access_token: SecretStr
    refresh_token: SecretStr | None
    scopes: frozenset[str]
    expires_at: int


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
        insert = database.upsert(discord_tokens)
        old, new = discord_tokens.c, insert.excluded
        self._put = insert.on_conflict_do_update(
            index_elements=[old.application, old.person],
            set_={name: new[name] for name in ("tokens", "scope", "expires_at", "sealed_by")},
            where=old.expires_at <= new.expires_at,
        )

    async def find(self, application: str, person: str) -> StoredTokens | None:
        """Answer the tokens of one person for one Discord application."""
        values = {"application_": application, "person_": person}
        row = await self._database.read(lambda c: c.execute(_FIND, values).mappings().one_or_none())
        return self._read(row) if row is not None else None

    async def of_person(self, person: str) -> list[StoredTokens]:
        """Answer a person's tokens for all Discord applications."""
        query = select(discord_tokens).where(discord_tokens.c.person == person)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [self._read(row) for row in rows]

    async def replace(self, tokens: StoredTokens) -> bool:
        """Keep a new pair in place of the old one; it is on the disk when this returns.

        Answers False if the old one is gone, because the person has been erased: so are they.
        """
        where = _is(tokens.application, tokens.person)
        change = update(discord_tokens).where(where).values(self._values(tokens))
        return await self._database.write(lambda c: c.execute(change).rowcount == 1)

    def putting(self, tokens: StoredTokens) -> Statement:
        """Answer the statement that keeps the pair of a new login: the newest wins, it ends last.

        Discord's scopes persist, so that the newest pair is the widest too, unless the person has
        removed the application meanwhile; then an older pair is dead.
        """
        return self._put, {
            "application": tokens.application,
            "person": tokens.person,
            **self._values(tokens),
        }

    async def put(self, tokens: StoredTokens) -> None:
        """Keep the pair that a person has brought from Discord without a login."""
        await self._database.write(lambda c: c.execute(*self.putting(tokens)))

    async def forget(self, tokens: StoredTokens) -> None:
        """Forget a pair that Discord no longer accepts; one that has taken its place stays."""
        current = await self.find(tokens.application, tokens.person)
        if current is None or current.access_token != tokens.access_token:
            return
        gone = delete(discord_tokens).where(
            _is(tokens.application, tokens.person),
            discord_tokens.c.expires_at == current.expires_at,
        )
        await self._database.write(lambda c: c.execute(gone))

    def alone(
        self, application: str, person: str, patience: float
    ) -> AbstractAsyncContextManager[None]:
        """Be the only one, among all processes, who refreshes this person's pair.

        Waits up to ``patience`` seconds, then raises ``TemporarilyUnavailable``. Discord has to
        answer within as many; the others are kept out for a little longer.
        """
        lease = math.ceil(patience) + SAVING
        return self._leases.hold(f"discord {application} {person}", lease, patience)

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
            "sealed_by": self._sealer.name,
        }

    def _read(self, row: RowMapping) -> StoredTokens:
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
        )


def _is(
    application: str | BindParameter[str], person: str | BindParameter[str]
) -> ColumnElement[bool]:
    return (discord_tokens.c.application == application) & (discord_tokens.c.person == person)


_FIND = select(discord_tokens).where(_is(bindparam("application_"), bindparam("person_")))
