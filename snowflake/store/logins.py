"""What a login leaves behind, written at once or not at all."""

from dataclasses import dataclass

from snowflake.store import codes, refresh_tokens
from snowflake.store.database import Database
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens
from snowflake.store.grants import Grant, Grants


@dataclass(frozen=True, slots=True)
class Logins:
    """Writes logins. Crash in the middle, and nothing has happened but a reserved code."""

    database: Database
    grants: Grants
    discord_tokens: DiscordTokens

    async def save(
        self, code_id: str, grant: Grant, tokens: StoredTokens, *, refreshable: bool
    ) -> str | None:
        """Spend the code, keep the grant and Discord's tokens.

        Answers the grant's first refresh token, or None if it is not to have one.
        """
        refresh_token = refresh_tokens.new_token() if refreshable else None
        async with self.database.write() as connection:
            await self.grants.add(connection, grant)
            await codes.spend(connection, code_id, grant.id)
            if refresh_token is not None:
                await refresh_tokens.add(connection, refresh_token, grant)
            await self.discord_tokens.put(connection, tokens)
        return refresh_token
