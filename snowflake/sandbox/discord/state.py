"""All that the simulated Discord knows at one moment."""

import secrets
import time
from collections.abc import Callable, Iterable

from starlette.requests import Request

from snowflake.sandbox.discord.applications import Application
from snowflake.sandbox.discord.cast import CAST, COLLECTED, GUILDS, Guild, Person
from snowflake.sandbox.discord.grants import Grants
from snowflake.sandbox.discord.limits import Bucket, Drawn, Limit
from snowflake.sandbox.discord.requests import RecordedRequest

DEFAULT_LIMIT = Limit(requests=1000, seconds=60.0)
#: As measured, for one person and guild.
MEMBER_LIMIT = Limit(requests=5, seconds=300.0)


class State:
    """What the endpoints read and write, and a test arranges.

    ``applications``, ``people`` and ``guilds`` are dictionaries by ID, whose values are never
    changed in place: a test replaces one by assignment, at any moment and from any thread, and a
    request under way sees the old or the new one. ``limits`` are by route, for ``me``, ``guilds``,
    ``member`` and ``authorization``.
    """

    def __init__(
        self,
        applications: Iterable[Application] = (),
        people: Iterable[Person] = CAST,
        guilds: Iterable[Guild] = (*GUILDS, *COLLECTED),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.applications = {application.id: application for application in applications}
        self.people = {person.id: person for person in people}
        self.guilds = {guild.id: guild for guild in guilds}
        self.limits: dict[str, Limit] = {"member": MEMBER_LIMIT}
        self.clock = clock
        self.grants = Grants(clock)
        self._buckets: dict[tuple[str, str | None, str | None], Bucket] = {}
        self._sessions: dict[str, str] = {}

    def register(self, application: Application) -> None:
        """Enter an application in the portal, in place of the one with its ID."""
        self.applications[application.id] = application

    def draw(self, route: str, person: str | None, guild: str | None = None) -> Drawn:
        """Count a request of a route, or of one guild there, against a person, None for nobody.

        Called on the server's thread alone.
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


def recorded(request: Request) -> RecordedRequest:
    """Return the record of a request, which has its parameters."""
    record = request.scope["sandbox.record"]
    assert isinstance(record, RecordedRequest)  # noqa: S101 - tells the type checker
    return record
