"""All that the simulated Discord knows at one moment."""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from snowflake.sandbox.discord.applications import Application
from snowflake.sandbox.discord.bans import Bans
from snowflake.sandbox.discord.cast import people_at
from snowflake.sandbox.discord.grants import Grants
from snowflake.sandbox.discord.guilds import Guild
from snowflake.sandbox.discord.limits import Bucket, Drawn, Limit
from snowflake.sandbox.discord.paths import Route
from snowflake.sandbox.discord.people import Membership, Person
from snowflake.sandbox.discord.places import COLLECTED, GUILDS
from snowflake.sandbox.discord.role_connections import RoleConnections
from snowflake.sandbox.simulation import Simulation

DEFAULT_LIMIT = Limit(requests=1000, seconds=60.0)
#: As measured, for one person and guild.
MEMBER_LIMIT = Limit(requests=5, seconds=300.0)


class State(Simulation[Route, Person]):
    """What the endpoints read and write, and a test arranges.

    ``applications``, ``people`` and ``guilds`` are dictionaries by ID, whose values are never
    changed in place: a test replaces one by assignment, at any moment and from any thread, and a
    request under way sees the old or the new one. ``limits`` are by route, for ``me``, ``guilds``,
    ``member``, ``authorization`` and ``role_connection``, and for a bot's ``guild_member``,
    ``roles``, ``application``, ``user`` and ``metadata``. Without ``people``, everybody is there
    who comes with the sandbox. ``clock`` gives seconds since the epoch.
    """

    def __init__(
        self,
        applications: Iterable[Application] = (),
        people: Iterable[Person] | None = None,
        guilds: Iterable[Guild] = (*GUILDS, *COLLECTED),
        clock: Callable[[], float] = time.time,
    ) -> None:
        everybody = people_at(clock()) if people is None else people
        super().__init__({person.id: person for person in everybody}, clock)
        self.applications = {application.id: application for application in applications}
        self.guilds = {guild.id: guild for guild in guilds}
        self.limits: dict[str, Limit] = {"member": MEMBER_LIMIT}
        self.grants = Grants(clock)
        self.bans = Bans(clock)
        self.role_connections = RoleConnections()
        self._buckets: dict[tuple[str, str | None, str | None], Bucket] = {}
        self._sessions: dict[str, str] = {}

    def register(self, application: Application) -> None:
        """Enter an application in the portal, in place of the one with its ID."""
        self.applications[application.id] = application

    def add_redirect_uri(self, application: str, redirect_uri: str) -> None:
        """Enter another redirect URI for an application, by its ID, in the portal."""
        found = self.applications[application]
        self.register(replace(found, redirect_uris=(*found.redirect_uris, redirect_uri)))

    def join(self, person: str, membership: Membership) -> None:
        """Let a person, by ID, be in a guild as a membership says, instead of as they were."""
        self.people[person] = self.people[person].joining(membership)

    def leave(self, person: str, guild: str) -> None:
        """Let a person leave a guild; both by ID."""
        self.people[person] = self.people[person].leaving(guild)

    def take_role(self, person: str, guild: str, role: str) -> None:
        """Take a role from a person in a guild; all by ID. Raises LookupError if they lack it."""
        membership = self.people[person].membership(guild)
        if membership is None or role not in membership.roles:
            raise LookupError(f"person {person} has no role {role} in guild {guild}")
        roles = tuple(kept for kept in membership.roles if kept != role)
        self.join(person, replace(membership, roles=roles))

    def existing(self, guilds: Iterable[str]) -> list[Guild]:
        """Return the guilds with these IDs, as far as there are such."""
        found = (self.guilds.get(guild) for guild in guilds)
        return [guild for guild in found if guild is not None]

    def draw(self, route: str, person: str | None, guild: str | None = None) -> Drawn:
        """Count a request of a route, or of one guild there, against a person or bot.

        ``person`` is their ID, None for somebody unknown. Called on the server's thread alone.
        """
        bucket = self._buckets.setdefault((route, person, guild), Bucket(route))
        return bucket.draw(self.limits.get(route, DEFAULT_LIMIT), self.clock())

    def remember(self, person: str) -> str:
        """Return a new session cookie's value, for a browser in which this person chose."""
        session = secrets.token_urlsafe(16)
        self._sessions[session] = person
        return session

    def remembered(self, session: str | None) -> Person | None:
        """Return who chose last in the browser with this session cookie."""
        return self.people.get(self._sessions.get(session or "", ""))
