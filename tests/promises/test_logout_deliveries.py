"""SIGKILL at random moments loses no logout that a client is to be told of."""

import asyncio
import json
import os
import queue
import random
import secrets
import signal
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from snowflake.sandbox.discord import SimulatedDiscord
from snowflake.sandbox.serving import serving
from snowflake.store import Store
from snowflake.store.logout_deliveries import Part, adding
from tests.journeys.registered import client
from tests.journeys.world import ADA, OWN_ID, OWN_SECRET, variables
from tests.promises.mortals import _fork, live
from tests.serving import PATIENCE, free_port
from tests.store.places import SECRET, Place

KILLS = 100  # on each engine
PROCESSES = 2
CLIENTS = ("grafana", "wiki")
#: Deliveries that there are to do while somebody is to be killed; one in so many tries kills.
WORK, RARITY = 20, 4
#: Seconds between two looks.
GLANCE = 0.05
ISSUER = "http://localhost"


@dataclass
class Hearers:
    """The clients' servers, and the killer of those who tell them."""

    dice: random.Random
    heard: set[tuple[str, str]] = field(default_factory=set)
    lives: dict[int, ForkServerProcess] = field(default_factory=dict)
    dead: "queue.Queue[int]" = field(default_factory=queue.Queue)
    kills: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        [token] = parse_qs((await Request(scope, receive).body()).decode())["logout_token"]
        claims = _claims(token)
        before = self.dice.random() < 1 / 2
        if before:
            self.moment()
        self.heard.add((claims["aud"], claims["sid"]))
        await Response()(scope, receive, send)
        if not before:
            self.moment()

    def moment(self) -> None:
        """Kill somebody, or nobody."""
        with self._lock:
            if self.kills == KILLS or self.dice.randrange(RARITY) or not self.lives:
                return
            port = self.dice.choice(sorted(self.lives))
            process = self.lives.pop(port)
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join(PATIENCE)
            self.kills += 1
            self.dead.put(port)


def _claims(token: str) -> Any:  # as JSON has it; that it is signed is shown elsewhere
    payload = token.split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def _add(sid: str, connection: Connection) -> None:
    for client_id in CLIENTS:
        adding(Part(client_id, sid), ADA, ISSUER, int(time.time())).run(connection)


async def _until_all_have_died(
    hearers: Hearers, store: Store, place: Place, born: Callable[[int], None]
) -> list[str]:
    """End sessions for as long as somebody is to be killed; answer their names."""
    sids = []
    while hearers.kills < KILLS or not hearers.dead.empty():
        while await store.logout_deliveries.count() < WORK:
            sids.append(secrets.token_hex(16))
            await store.database.write(partial(_add, sids[-1]))
        while not hearers.dead.empty():
            port = hearers.dead.get()
            # That this is over by itself in time is shown elsewhere; here it is too long to wait.
            await place.change("UPDATE logout_deliveries SET held_until = 0")
            born(port)
        await asyncio.sleep(GLANCE)
    return sids


async def _until_none_waits(store: Store) -> None:
    async with asyncio.timeout(2 * PATIENCE):
        while await store.logout_deliveries.count():  # noqa: ASYNC110 - others work it off
            await asyncio.sleep(GLANCE)


@pytest.mark.real_time
async def test_whoever_dies_in_between_every_client_hears_of_every_logout(
    place: Place, tmp_path: Path, private_key: str
) -> None:
    hearers = Hearers(random.Random(20150101))  # noqa: S311 - the same dice each time
    ports = [free_port() for _ in range(PROCESSES)]
    with serving(hearers) as origin, serving(SimulatedDiscord().app) as discord:
        config = tmp_path / "snowflake.toml"
        hears = f'backchannel_logout_uri = "{origin}/logout"'
        config.write_text("".join(client(name, hears) for name in CLIENTS))
        settings = {
            **variables(discord),
            "SNOWFLAKE_CONFIG": str(config),
            "SNOWFLAKE_DISCORD_CLIENT_ID": OWN_ID,
            "SNOWFLAKE_DISCORD_CLIENT_SECRET": OWN_SECRET,
            "SNOWFLAKE_DATA_DIR": str(tmp_path),
            "SNOWFLAKE_DATABASE_URL": place.url,
            "SNOWFLAKE_SECRET_KEY": SECRET.decode(),
            "SNOWFLAKE_PRIVATE_KEY": private_key,
            "SNOWFLAKE_ISSUER": ISSUER,
        }

        def born(port: int) -> None:
            arguments = (port, str(tmp_path / f"{port}.log"), settings)
            process = _fork.Process(target=live, args=arguments)
            process.start()
            hearers.lives[port] = process

        async with place.store(time.time) as store:
            for port in ports:
                born(port)
            try:
                sids = await _until_all_have_died(hearers, store, place, born)
                await _until_none_waits(store)
            finally:
                hearers.kills = KILLS
                for process in hearers.lives.values():
                    process.kill()
                    process.join(PATIENCE)
    assert hearers.kills == KILLS
    assert hearers.heard == {(name, sid) for name in CLIENTS for sid in sids}
