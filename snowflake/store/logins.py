"""What a login leaves behind, written at once or not at all."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from snowflake.store import codes, refresh_tokens
from snowflake.store.codes import Reservation
from snowflake.store.database import Database
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens
from snowflake.store.grants import Grant, Grants, surplus
from snowflake.store.memberships import Membership, Memberships, in_order
from snowflake.store.session_logins import check_lives


@dataclass(frozen=True, slots=True)
class Logins:
    """Writes logins. Crash in the middle, and nothing has happened but a reserved code."""

    database: Database
    grants: Grants
    discord_tokens: DiscordTokens
    memberships: Memberships
    clock: Callable[[], float]

    async def save(
        self,
        code: Reservation,
        grant: Grant,
        tokens: StoredTokens | None,
        learnt: Iterable[Membership] = (),
        *,
        refreshable: bool,
    ) -> str | None:
        """Spend the code, keep the grant, Discord's tokens and what was learnt on the way.

        A session has kept the tokens already. The oldest grant ends of a person who has too many
        with one client. What the code has left is for whoever brings another one of the same login.
        Answers the grant's first refresh token, or None if it is not to have one.

        Raises:
            InvalidGrant: the code is another request's by now, or the session of the grant has
                ended, or the client's part in it. Nothing is written.
        """
        refresh_token = refresh_tokens.new_token() if refreshable else None
        statements = [self.grants.adding(grant), *map(self.memberships.putting, in_order(learnt))]
        if refresh_token is not None:
            statements.append(refresh_tokens.adding(refresh_token, grant))

        def work(connection: Connection) -> None:
            if grant.session is not None:
                check_lives(connection, grant.session, grant.client_id, self.clock())
            connection.execute(*surplus(grant))
            codes.spend_for(code, grant, connection)
            for statement in statements:
                connection.execute(*statement)
            if tokens is not None:
                self.discord_tokens.keep(connection, tokens)

        await self.database.write(work)
        return refresh_token
