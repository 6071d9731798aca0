"""All that the simulated provider knows at one moment."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from snowflake.sandbox.simulation import Simulation
from snowflake.sandbox.upstream.clients import Client
from snowflake.sandbox.upstream.grants import Grants
from snowflake.sandbox.upstream.lies import Lie
from snowflake.sandbox.upstream.paths import Route
from snowflake.sandbox.upstream.people import PEOPLE, Person
from snowflake.sandbox.upstream.signing import Signer


class State(Simulation[Route, Person]):
    """What the endpoints read and write, and a test arranges, from any thread.

    ``clients`` are by ID and ``people`` by ``sub``; their values are replaced, never changed.
    ``clock`` gives seconds since the epoch. While it ``takes_pushed`` requests (RFC 9126) it says
    so in its discovery document; unless it ``names_scopes``, it does not tell what was granted.
    """

    def __init__(
        self,
        clients: Iterable[Client] = (),
        people: Iterable[Person] = PEOPLE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__({person.sub: person for person in people}, clock)
        self.clients = {client.id: client for client in clients}
        self.grants = Grants(clock)
        self.signer = Signer()
        self.takes_pushed = False
        self.names_scopes = True
        self._lies: deque[Lie] = deque()

    def register(self, client: Client) -> None:
        """Enter a client, in place of the one with its ID."""
        self.clients[client.id] = client

    def change(self, sub: str, **claims: object) -> None:
        """Change what the provider says of a person; a claim that is None is left out."""
        self.people[sub] = self.people[sub].saying(**claims)

    def disable(self, sub: str) -> None:
        """Let a person in nowhere any more: a refresh is answered with ``invalid_grant``."""
        self.people[sub] = replace(self.people[sub], active=False)

    def active(self, sub: str) -> Person | None:
        """Return a person who may be let in, by ``sub``."""
        person = self.people.get(sub)
        return person if person is not None and person.active else None

    def rotate_key(self) -> None:
        """Sign with a new key from now on."""
        self.signer.rotate()

    def lie(self, lie: Lie, *, times: int = 1) -> None:
        """Let the next ID tokens be wrong, one lie after the other."""
        self._lies.extend([lie] * times)

    def next_lie(self) -> Lie | None:
        """Return the lie of the ID token that is due, None for the truth."""
        return self._lies.popleft() if self._lies else None
