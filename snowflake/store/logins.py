"""What a login leaves behind, written at once or not at all."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from snowflake.store import access_tokens, refresh_tokens
from snowflake.store.access_tokens import NewToken
from snowflake.store.codes import Reservation
from snowflake.store.database import Database
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens
from snowflake.store.grants import Grant, Grants, surplus
from snowflake.store.memberships import Membership, Memberships, in_order
from snowflake.store.ready_codes import ReadyCode
from snowflake.store.session_liveness import hold


class Issued(NamedTuple):
    """The tokens of a new grant that are kept: a refresh token, and an opaque access token."""

    refresh_token: str | None
    access_token: NewToken | None = None


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
        code: Reservation | ReadyCode,
        grant: Grant,
        tokens: StoredTokens | None,
        learnt: Iterable[Membership],
        issued: Issued,
    ) -> None:
        """Spend the code, keep the grant, its tokens, Discord's and what was learnt on the way.

        A session has kept the tokens already. The oldest grant ends of a person who has too many
        with one client. What the code has left is for whoever brings another one of the same login.

        Raises:
            InvalidGrant: the code is another request's by now, or the session of the grant has
                ended, or the client's part in it. Nothing is written.
        """
        statements = [self.grants.adding(grant), *map(self.memberships.putting, in_order(learnt))]
        if issued.refresh_token is not None:
            statements.append(refresh_tokens.adding(issued.refresh_token, grant))
        if issued.access_token is not None:
            statements.append(access_tokens.adding(issued.access_token))

        def work(connection: Connection) -> None:
            if grant.session is not None:
                hold(connection, grant.session, grant.client_id, self.clock())
            surplus(grant).run(connection)
            code.spend_for(grant, connection)
            for statement in statements:
                statement.run(connection)
            if tokens is not None:
                self.discord_tokens.keep(connection, tokens)

        await self.database.write(work)

    async def save_front(self, grant: Grant, access_token: NewToken | None) -> None:
        """Keep a grant that needs no code, and its access token.

        Raises:
            InvalidGrant: its session has ended, or the client's part in it. Nothing is written.
        """

        def work(connection: Connection) -> None:
            if grant.session is not None:
                hold(connection, grant.session, grant.client_id, self.clock())
            surplus(grant).run(connection)
            self.grants.adding(grant).run(connection)
            if access_token is not None:
                access_tokens.adding(access_token).run(connection)

        await self.database.write(work)
