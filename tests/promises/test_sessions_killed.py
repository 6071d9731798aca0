"""SIGKILL while people sign in and out: a session has ended and all its clients hear of it.

Or it has not ended, and nobody does.
"""

import asyncio
import os
import random
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from snowflake.sandbox.discord import SimulatedDiscord
from snowflake.sandbox.serving import serving
from tests.promises.mortals import _fork, live
from tests.promises.party import Json, tokens_of
from tests.promises.processes import browser_of, processes, settings_of
from tests.promises.visitor import (
    GRAFANA,
    WIKI,
    Visitor,
    is_alive,
    redeem,
    register,
    said_by,
    variables_of,
)
from tests.serving import PATIENCE, free_port, listens
from tests.store.places import ENGINES, Place, place_on

#: Of these, on each engine. All 100 of the promise take minutes: SNOWFLAKE_TESTS_KILLS=100.
KILLS = int(os.environ.get("SNOWFLAKE_TESTS_KILLS", "12"))
#: People who come and go at a time, and the most answers that they get before somebody dies.
AT_ONCE, MOST_ANSWERS = 4, 40
#: The most seconds from an answer to the death that it brings.
AGONY = 0.01
#: Seconds between two looks.
GLANCE = 0.02
LIVING, WAITING = "SELECT sid FROM session_clients", "SELECT sid FROM logout_deliveries"
#: What is held by the dead is free at once: that it is in time is shown elsewhere.
FREE = "UPDATE logout_deliveries SET held_until = 0"
#: PostgreSQL may still be at what the dead had sent last.
SETTLE = "UPDATE sessions SET used_at = used_at"


@dataclass
class Ears:
    """The clients' servers, and the sessions of which they have heard that they are over."""

    heard: set[str] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a logout token."""
        if scope["type"] == "http":
            [token] = parse_qs((await Request(scope, receive).body()).decode())["logout_token"]
            self.heard.add(said_by(token)["sid"])
            await Response()(scope, receive, send)


@dataclass
class Guest:
    """Somebody who signs in to both clients and out again, as far as they come."""

    visitor: Visitor
    tokens: list[Json] = field(default_factory=list)
    is_out: bool = False

    async def come_and_go(self, http: httpx.AsyncClient) -> None:
        """Do all of it.

        Raises:
            httpx.TransportError: the process has died.
        """
        self.tokens.append(await self.visitor.sign_in(http, WIKI))
        code = await self.visitor.enter(http, GRAFANA)
        assert code is not None
        self.tokens.append(tokens_of(await redeem(http, GRAFANA, code)))
        await self.visitor.sign_out(http, self.tokens[0])
        self.is_out = True
        assert await self.visitor.enter(http, WIKI) is None

    @property
    def sids(self) -> set[str]:
        """What those clients that have got tokens call the session."""
        return {said_by(each["id_token"])["sid"] for each in self.tokens}


class Mortal(NamedTuple):
    """A process that is about to be killed, and the port at which it is reached."""

    process: ForkServerProcess
    port: int


@dataclass
class Heirs:
    """Processes on the store of the one that survives, each begun before it is needed."""

    settings: dict[str, str]
    directory: Path
    born: list[Mortal] = field(default_factory=list)

    def bear(self) -> None:
        """Start the next one."""
        port = free_port()
        arguments = (port, str(self.directory / f"{port}.log"), self.settings)
        process = _fork.Process(target=live, args=arguments)
        process.start()
        self.born.append(Mortal(process, port))

    async def grown(self) -> Mortal:
        """Start another and wait until the one before it listens."""
        self.bear()
        mortal = self.born[-2]
        async with asyncio.timeout(PATIENCE):
            while not listens(mortal.port):  # noqa: ASYNC110 - another process
                await asyncio.sleep(GLANCE)
        return mortal

    def end(self) -> None:
        """Kill all that are left."""
        for mortal in self.born:
            mortal.process.kill()
            mortal.process.join(PATIENCE)


async def crowd(mortal: Mortal, discord: SimulatedDiscord, dice: random.Random) -> list[Guest]:
    """Let people come and go until the process dies of it; answer who has been there."""
    guests: list[Guest] = []
    answers, most = 0, dice.randint(1, MOST_ANSWERS)

    async def kill(_: httpx.Response) -> None:
        nonlocal answers
        answers += 1
        if answers == most:
            await asyncio.sleep(dice.random() * AGONY)
            mortal.process.kill()

    async def come_and_go() -> None:
        with suppress(httpx.TransportError):
            while True:
                guests.append(guest := Guest(Visitor(discord)))
                await guest.come_and_go(http)

    async with browser_of(f"http://localhost:{mortal.port}") as http:
        http.event_hooks["response"].append(kill)
        await asyncio.gather(*(come_and_go() for _ in range(AT_ONCE)))
    mortal.process.join(PATIENCE)
    return guests


async def check(place: Place, http: httpx.AsyncClient, guests: list[Guest]) -> set[str]:
    """See that of each session all is over or nothing; answer those of which clients hear."""
    await place.change(SETTLE)
    living = {sid for (sid,) in await place.rows(LIVING)}
    over: set[str] = set()
    for guest in guests:
        if not guest.tokens:
            continue
        assert guest.sids <= living or not guest.sids & living
        is_living = guest.sids <= living
        assert not (guest.is_out and is_living)
        for tokens in guest.tokens:
            assert await is_alive(http, tokens) is is_living
        assert (await guest.visitor.enter(http, WIKI) is not None) is is_living
        over |= set() if is_living else guest.sids
    return over


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_session_ends_with_all_who_are_to_be_told_or_not_at_all(
    engine: str, tmp_path: Path
) -> None:
    place, ears = place_on(engine, tmp_path), Ears()
    dice, over = random.Random(20150101), set[str]()  # noqa: S311 - the same dice each time
    cut_off = 0
    async with AsyncExitStack() as stack:
        further = variables_of(tmp_path, stack.enter_context(serving(ears)))
        survivor = stack.enter_context(processes(place, tmp_path, 1, further=further))
        register(survivor.discord, survivor.origins[0])
        settings = settings_of(place, survivor.discord_origin, survivor.origins[0])
        heirs = Heirs({**settings, "SNOWFLAKE_DATA_DIR": str(tmp_path), **further}, tmp_path)
        stack.callback(heirs.end)
        heirs.bear()
        [http] = await stack.enter_async_context(survivor.browsers())
        for _ in range(KILLS):
            guests = await crowd(await heirs.grown(), survivor.discord, dice)
            cut_off += sum(1 for guest in guests if guest.tokens and not guest.is_out)
            over |= await check(place, http, guests)
            await place.change(FREE)
        async with asyncio.timeout(PATIENCE):
            while await place.rows(WAITING):  # noqa: ASYNC110 - others work it off
                await asyncio.sleep(GLANCE)
        living = {sid for (sid,) in await place.rows(LIVING)}
    assert cut_off
    assert over
    assert over <= ears.heard
    assert not ears.heard & living
