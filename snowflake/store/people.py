"""Everything that is kept about one person: to show it, and to erase it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from snowflake.store.consents import Consent, Consents
from snowflake.store.database import Database
from snowflake.store.device_codes import Device, DeviceCodes
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens
from snowflake.store.grants import Grant, Grants
from snowflake.store.link import Link
from snowflake.store.links import Links
from snowflake.store.locks import deleting
from snowflake.store.logout_deliveries import Delivery, LogoutDeliveries
from snowflake.store.memberships import Membership, Memberships
from snowflake.store.schema import (
    codes,
    consents,
    device_codes,
    discord_tokens,
    grants,
    links,
    memberships,
    watched_people,
)
from snowflake.store.session_ends import SessionEnds
from snowflake.store.sessions import Participant, Session, Sessions
from snowflake.store.watched_people import WatchedPeople

#: Where else than in sessions there is something of a person, in the order of ``locks``.
ERASED: Final = (
    *(grants, codes, memberships, discord_tokens),
    *(device_codes, links, consents, watched_people),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept about a person."""

    grants: list[Grant]
    sessions: list[Session]
    #: By the IDs of the sessions.
    participants: dict[str, list[Participant]]
    discord_tokens: list[StoredTokens]
    memberships: list[Membership]
    link: Link | None
    consents: list[Consent]
    #: Those that they have allowed to sign in, of late.
    devices: list[Device]
    #: The clients that are yet to be told that they have signed out. They outlive an erasure.
    logouts: list[Delivery]
    #: When a bot looked at them last, as a Unix time.
    looked_at: int | None


@dataclass(frozen=True, slots=True)
class People:
    """The people whom the store knows."""

    database: Database
    grants: Grants
    sessions: Sessions
    session_ends: SessionEnds
    discord_tokens: DiscordTokens
    memberships: Memberships
    links: Links
    consents: Consents
    device_codes: DeviceCodes
    logout_deliveries: LogoutDeliveries
    watched_people: WatchedPeople

    async def kept(self, person: str) -> Kept:
        """Answer everything about a person, by their Discord user ID."""
        sessions = await self.sessions.of_person(person)
        return Kept(
            await self.grants.of_person(person),
            sessions,
            {one.id: await self.sessions.participants(one) for one in sessions},
            await self.discord_tokens.of_person(person),
            await self.memberships.of_person(person),
            await self.links.find(person),
            await self.consents.of_person(person),
            await self.device_codes.of_person(person),
            await self.logout_deliveries.of_person(person),
            await self.watched_people.looked_at(person),
        )

    async def erase(self, person: str, *, told: Collection[str] = ()) -> None:
        """Erase everything about a person, logins under way too. Their refresh tokens go as well.

        Those clients of their sessions that are ``told`` will hear of it, within a day.
        A refresh under way may still remember their guilds, for ``memberships.KEPT`` seconds.
        """

        def erase(connection: Connection) -> None:
            # First of all, as in every transaction that touches a session.
            self.session_ends.end_of(connection, person, told=told)
            for table in ERASED:
                connection.execute(deleting(table, table.c.person == person))

        await self.database.write(erase, many=True)
