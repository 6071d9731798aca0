"""What a login leaves behind, written at once or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from snowflake.store import codes, refresh_tokens
from snowflake.store.database import Database
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens
from snowflake.store.grants import Grant, Grants
from snowflake.store.memberships import Membership, Memberships


@dataclass(frozen=True, slots=True)
class Logins:
    """Writes logins. Crash in the middle, and nothing has happened but a reserved code."""

    database: Database
    grants: Grants
    discord_tokens: DiscordTokens
    memberships: Memberships

    async def save(
        self,
        code_id: str,
        grant: Grant,
        tokens: StoredTokens,
        learnt: Iterable[Membership] = (),
        *,
        refreshable: bool,
    ) -> str | None:
        """Spend the code, keep the grant, Discord's tokens and what was learnt on the way.

        Answers the grant's first refresh token, or None if it is not to have one.
        """
        refresh_token = refresh_tokens.new_token() if refreshable else None
        statements = [
            self.grants.adding(grant),
            codes.spending(code_id, grant.id),
            *map(self.memberships.putting, learnt),
        ]
        if refresh_token is not None:
            statements.append(refresh_tokens.adding(refresh_token, grant))

        def work(connection: Connection) -> None:
            for statement in statements:
                connection.execute(*statement)
            self.discord_tokens.keep(connection, tokens)

        await self.database.write(work)
        return refresh_token
