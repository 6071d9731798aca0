"""Everything that is kept about one person: to show it, and to erase it."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete

from snowflake.store.database import Database
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens
from snowflake.store.grants import Grant, Grants
from snowflake.store.schema import discord_tokens, grants


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept about a person."""

    grants: list[Grant]
    discord_tokens: list[StoredTokens]


@dataclass(frozen=True, slots=True)
class People:
    """The people whom the store knows."""

    database: Database
    grants: Grants
    discord_tokens: DiscordTokens

    async def kept(self, person: str) -> Kept:
        """Answer everything about a person, by their Discord user ID."""
        return Kept(
            await self.grants.of_person(person), await self.discord_tokens.of_person(person)
        )

    async def erase(self, person: str) -> None:
        """Erase everything about a person. Their refresh tokens go with the grants."""

        def erase(connection: Connection) -> None:
            for table in (grants, discord_tokens):
                connection.execute(delete(table).where(table.c.person == person))

        await self.database.write(erase)
