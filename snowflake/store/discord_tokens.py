"""Discord's tokens, one row per Discord application and person."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import ClassVar

from pydantic import SecretStr
from sqlalchemy import ColumnElement, RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from snowflake.sealing import Note, Sealer
from snowflake.store.database import Database
from snowflake.store.leases import Leases
from snowflake.store.schema import discord_tokens

#: Seconds for which one process may be at a person's tokens: longer than a call to Discord takes.
LEASE = 15


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
    """The tokens in the store. ``clock`` tells Unix time in seconds."""

    def __init__(
        self, database: Database, sealer: Sealer, leases: Leases, clock: Callable[[], float]
    ) -> None:
        self._database, self._sealer, self._leases = database, sealer, leases
        self._clock = clock

    async def find(self, application: str, person: str) -> StoredTokens | None:
        """Answer the tokens of one person for one Discord application."""
        async with self._database.read() as connection:
            query = select(discord_tokens).where(_is(application, person))
            row = (await connection.execute(query)).mappings().one_or_none()
        return self._read(row) if row is not None else None

    async def of_person(self, person: str) -> list[StoredTokens]:
        """Answer a person's tokens for all Discord applications."""
        async with self._database.read() as connection:
            query = select(discord_tokens).where(discord_tokens.c.person == person)
            rows = (await connection.execute(query)).mappings().all()
        return [self._read(row) for row in rows]

    async def put(self, tokens: StoredTokens) -> None:
        """Keep a new pair in place of the old one; it is on the disk when this returns."""
        async with self._database.write() as connection:
            await self._write(connection, tokens)

    async def put_if_wider(self, connection: AsyncConnection, tokens: StoredTokens) -> None:
        """Keep the pair of a new login within a transaction: the newest and widest wins.

        Discord's scopes persist, so a new pair is as wide as the old one, unless the person
        removed the application meanwhile. A wider one that still lives is kept all the same: were
        it dead, the next refresh would find out and forget it.
        """
        query = select(discord_tokens.c.scope, discord_tokens.c.expires_at).where(
            _is(tokens.application, tokens.person)
        )
        old = (await connection.execute(query.with_for_update())).one_or_none()
        if (
            old is not None
            and tokens.scopes < set(old.scope.split())
            and old.expires_at > self._clock()
        ):
            return
        await self._write(connection, tokens)

    async def forget(self, application: str, person: str) -> None:
        """Forget a pair that Discord no longer accepts."""
        async with self._database.write() as connection:
            await connection.execute(delete(discord_tokens).where(_is(application, person)))

    def alone(
        self, application: str, person: str, patience: float
    ) -> AbstractAsyncContextManager[None]:
        """Be the only one, among all processes, who refreshes this person's pair.

        Waits up to ``patience`` seconds, then raises ``TemporarilyUnavailable``.
        """
        return self._leases.hold(f"discord {application} {person}", LEASE, patience)

    async def _write(self, connection: AsyncConnection, tokens: StoredTokens) -> None:
        refresh_token = tokens.refresh_token
        pair = SealedPair(
            tokens.application,
            tokens.person,
            tokens.access_token.get_secret_value(),
            refresh_token.get_secret_value() if refresh_token is not None else None,
        )
        values = {
            "tokens": self._sealer.seal(pair),
            "scope": " ".join(sorted(tokens.scopes)),
            "expires_at": tokens.expires_at,
            "sealed_by": self._sealer.name,
        }
        insert = self._database.upsert(discord_tokens).values(
            application=tokens.application, person=tokens.person, **values
        )
        await connection.execute(
            insert.on_conflict_do_update(
                index_elements=[discord_tokens.c.application, discord_tokens.c.person], set_=values
            )
        )

    def _read(self, row: RowMapping) -> StoredTokens:
        pair = self._sealer.open(SealedPair, row["tokens"])
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


def _is(application: str, person: str) -> ColumnElement[bool]:
    return (discord_tokens.c.application == application) & (discord_tokens.c.person == person)
