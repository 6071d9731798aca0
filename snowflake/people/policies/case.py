"""What a policy looks at."""

from dataclasses import dataclass

from snowflake.people.person import Person
from snowflake.settings.client import Client
from snowflake.settings.tables.access import AccessTable


@dataclass(frozen=True, slots=True)
class Case:
    """A person who wants to sign in to a client at a Unix time in seconds."""

    person: Person
    client: Client
    now: float

    @property
    def access(self) -> AccessTable:
        """The conditions of the client."""
        return self.client.access
