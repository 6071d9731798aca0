"""Snowflakes that are killed again and again, and the Discord that sees it happen.

Each life of a process has an address of Discord of its own (127.0.x.y), so that Discord knows which
life asked. Processes are forked from one that has imported everything: a start of Python takes
longer than many logins. What the dead have leased is free at once: that a lease ends in time is
shown elsewhere, and 200 times 15 seconds are too long to wait.
"""

import json
import multiprocessing
import os
import queue
import random
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from snowflake.cli.serve import serve
from snowflake.sandbox.discord import SimulatedDiscord
from snowflake.sandbox.requests import read
from tests.serving import PATIENCE, environment
from tests.store.places import Place

#: One in so many moments kills somebody.
RARITY = 15

OK = 200

_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload([__name__, "tests.promises.forked", "uvloop", "asyncpg"])


def live(port: int, log: str, variables: dict[str, str]) -> None:
    """Be ``snowflake serve`` until death."""
    with open(log, "ab") as file:  # noqa: PTH123 - for its descriptor
        for descriptor in (sys.stdout.fileno(), sys.stderr.fileno()):
            os.dup2(file.fileno(), descriptor)
    os.environ.clear()
    os.environ.update(environment(variables))
    serve(host="127.0.0.1", port=port, workers=None)


@dataclass
class Life:
    """One process from its start to its death. ``seen``: it has asked Discord something."""

    port: int
    address: str
    process: ForkServerProcess
    seen: bool = False
    dead: bool = False


@dataclass(frozen=True)
class Refresh:
    """A refresh token that Discord was sent, by whom, and who was dead by then."""

    token: str
    person: str
    by: str
    spent: bool
    dead: frozenset[str]


@dataclass
class Mortals:
    """The processes, one a port, as a middleware before the simulated Discord."""

    discord: SimulatedDiscord
    place: Place
    ports: list[int]
    directory: Path
    dice: random.Random
    #: What Discord was asked to refresh, oldest first.
    refreshes: list[Refresh] = field(default_factory=list)
    kills: int = 0
    wanted: int = 0
    #: Access tokens, and the refresh tokens that Discord took for them.
    _made_of: dict[str, str] = field(default_factory=dict)
    #: Refresh tokens of Discord whose new pair has been used.
    _used: set[str] = field(default_factory=set)
    _lives: dict[str, Life] = field(default_factory=dict)
    _dead: queue.Queue[Life | None] = field(default_factory=queue.Queue)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Discord answer, and somebody die before, meanwhile or after."""
        if scope["type"] != "http":
            return
        address = dict(scope["headers"])[b"host"].decode().partition(":")[0]
        self._moment(address)
        # The work of these cannot go on any more, whatever Discord has told them.
        dead = frozenset(life.address for life in self._lives.values() if life.dead)
        try:
            request = await read(scope, receive)
        except ClientDisconnect:
            return
        sent = (request.form or {}).get("refresh_token")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer in self._made_of:
            self._used.add(self._made_of[bearer])
        owner = self.discord.grants._refresh.get(sent or "", ("", ""))[1]

        spent = False

        async def send_or_die(message: Message) -> None:
            nonlocal spent
            if message["type"] == "http.response.start":
                spent = message["status"] == OK
                if sent is not None:
                    self.refreshes.append(Refresh(sent, owner, address, spent, dead))
                self._moment(address)
            elif spent and sent is not None:
                self._made_of[json.loads(message["body"])["access_token"]] = sent
            await send(message)

        body: list[Message] = [{"type": "http.request", "body": request.body}]

        async def receive_again() -> Message:
            return body.pop() if body else await receive()

        await self.discord.app(scope, receive_again, send_or_die)
        self._moment(address)

    def lost_answers(self) -> dict[str, str]:
        """Answer Discord's refresh tokens that were spent by somebody who died of it, and whose.

        One that was sent again, though its answer was not lost, fails the test: somebody spent it
        twice.
        """
        spent: dict[str, Refresh] = {}
        lost: dict[str, str] = {}
        for refresh in self.refreshes:
            if refresh.by in refresh.dead and not refresh.spent:
                continue  # sent before death and looked at after it; somebody else was there first
            if refresh.token in spent:
                assert spent[refresh.token].by in refresh.dead, (
                    "a living process lost Discord's pair"
                )
                lost[refresh.token] = spent[refresh.token].person
            elif refresh.spent:
                spent[refresh.token] = refresh
        return lost

    @contextmanager
    def running(self, variables: dict[str, str], discord_port: int) -> Iterator[None]:
        """Give every port a life, and another one after each death, until the block ends."""
        heirs = threading.Thread(target=self._inherit, args=(variables, discord_port))
        heirs.start()
        for port in self.ports:
            self._born(port, variables, discord_port)
        try:
            yield
        finally:
            self.wanted = 0
            self._dead.put(None)
            heirs.join(PATIENCE)
            for life in self._lives.values():
                if not life.dead:
                    life.process.kill()
                life.process.join(PATIENCE)

    def _moment(self, address: str) -> None:
        with self._lock:
            self._lives[address].seen = True
            if self.kills >= self.wanted or self.dice.randrange(RARITY):
                return
            living = [life for life in self._lives.values() if life.seen and not life.dead]
            if not living:
                return
            # Now and then the one that has just asked, else one that is at anything.
            own = self._lives[address]
            victim = (
                own if own in living and not self.dice.randrange(4) else self.dice.choice(living)
            )
            assert victim.process.pid is not None
            os.kill(victim.process.pid, signal.SIGKILL)
            victim.dead = True
            self.kills += 1
            self._dead.put(victim)

    def _inherit(self, variables: dict[str, str], discord_port: int) -> None:
        while (life := self._dead.get()) is not None:
            life.process.join(PATIENCE)
            self.place.run(f"DELETE FROM leases WHERE holder LIKE '{life.process.pid:08x}%'")  # noqa: S608
            self._born(life.port, variables, discord_port)

    def _born(self, port: int, variables: dict[str, str], discord_port: int) -> None:
        number = len(self._lives) + 1
        address = f"127.0.{number // 200 + 1}.{number % 200 + 1}"
        own = {
            **variables,
            "SNOWFLAKE_DISCORD_API_URL": f"http://{address}:{discord_port}/api/v10",
        }
        arguments = (port, str(self.directory / f"{port}.log"), own)
        process = _fork.Process(target=live, args=arguments)
        process.start()
        with self._lock:
            self._lives[address] = Life(port, address, process)
