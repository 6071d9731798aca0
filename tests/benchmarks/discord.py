"""The simulated Discord as a process: ``python -m tests.benchmarks.discord PORT DELAY``.

``DELAY`` is in seconds and is added to every call of the API. ``POST /benchmark/people`` with
``{"number", "redirect_uri"}`` makes people who have approved the application once, and answers
``[[id, session cookie], …]``.
"""

import asyncio
import gc
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from snowflake.sandbox.discord import GUILDS, Application, Limit, Person, RecordedRequest
from snowflake.sandbox.discord import SimulatedDiscord as _SimulatedDiscord

PEOPLE = "/benchmark/people"
CLIENT_ID = "1056005449054429204"
CLIENT_SECRET = "QvwXyz0123456789abcdefghijklmnop"
SCOPES = frozenset({"identify", "email", "guilds"})
#: Each person is in this many guilds.
MEMBERSHIPS = 3
_PLENTY = Limit(requests=1_000_000, seconds=60.0)


class _Forgetful(list[RecordedRequest]):
    """What was asked is of no interest here, and would fill the memory."""

    def append(self, _: RecordedRequest) -> None:
        return


@dataclass(frozen=True)
class SimulatedDiscord:
    """The simulated Discord with a delay before its API, and with as many people as wanted."""

    delay: float
    discord: _SimulatedDiscord
    ids: Iterator[int]

    @classmethod
    def make(cls, delay: float) -> "SimulatedDiscord":
        """Make it with one application and nobody."""
        application = Application(CLIENT_ID, "A benchmark", CLIENT_SECRET)
        discord = _SimulatedDiscord([application], people=[], guilds=GUILDS)
        discord._requests = _Forgetful()
        discord.limits = dict.fromkeys(("me", "guilds", "authorization"), _PLENTY)
        return cls(delay, discord, count(1_100_000_000_000_000_001))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["path"] == PEOPLE:
            wanted = await Request(scope, receive).json()
            people = self._make(wanted["number"], wanted["redirect_uri"])
            await JSONResponse(people)(scope, receive, send)
            return
        if self.delay and scope["path"].startswith("/api/"):
            await asyncio.sleep(self.delay)
        await self.discord(scope, receive, send)

    def _make(self, number: int, redirect_uri: str) -> list[tuple[str, str]]:
        application = self.discord.applications[CLIENT_ID]
        uris = {*application.redirect_uris, redirect_uri}
        self.discord.register(replace(application, redirect_uris=tuple(uris)))
        people = [self._person(str(next(self.ids)), redirect_uri) for _ in range(number)]
        # They stay until the end; nobody has to look whether they are garbage.
        gc.freeze()
        return people

    def _person(self, id_: str, redirect_uri: str) -> tuple[str, str]:
        self.discord.people[id_] = Person(
            id_,
            f"person_{id_}",
            "One of many.",
            global_name=f"Person {id_}",
            avatar="8342729096ea3675442027381ff50dfe",
            email=email_of(id_),
            verified=True,
            guilds=tuple(guild.id for guild in GUILDS[:MEMBERSHIPS]),
        )
        self.discord.grants.approve(CLIENT_ID, id_, SCOPES, redirect_uri, None)
        return id_, self.discord.remember(id_)


def email_of(person: str) -> str:
    """Answer the address of a person, by their ID."""
    return f"{person}@example.com"


def main(port: int, delay: float) -> None:
    """Serve it until a signal comes."""
    app = SimulatedDiscord.make(delay)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        access_log=False,
        lifespan="off",
        log_level="warning",
        # A browser may be at Snowflake for long meanwhile.
        timeout_keep_alive=60,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
