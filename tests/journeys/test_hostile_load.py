"""Somebody tries to have our address banned at Discord, from the same address as everybody else.

Discord bans an address after 10,000 answers of 401, 403 and 429 in 10 minutes.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.types import Message
from structlog.testing import capture_logs

from snowflake.sandbox.discord import SimulatedDiscord
from snowflake.sandbox.serving import serving
from snowflake.settings import Settings
from snowflake.web.app import create_app
from tests.login import query_of
from tests.promises.house import settings_for
from tests.promises.party import REDIRECT_URI, Party, tokens_of
from tests.running import ORIGIN, Clock, browser_for, keys_checked_once

#: What Discord counts towards a ban, and how much of it we allow ourselves here.
INVALID, MOST_INVALID = {401, 403, 429}, 500
BATCHES, BATCH = 20, 1000
#: Requests that are under way at once.
AT_ONCE = 4
#: Client IDs with which the attacker comes, besides the good client's.
CLIENT_IDS = 44
ADDRESS = "203.0.113.7"


@dataclass
class Attacker:
    """Sends bad requests without end, of every kind that could make Discord say no."""

    app: Starlette
    good: Party
    #: A code note for each client ID, and refresh tokens of people whose secret is not known.
    notes: list[tuple[str, str]]
    refresh_tokens: list[str]
    answers: Counter[int] = field(default_factory=Counter)
    secrets: Iterator[int] = field(default_factory=count)

    async def attack(self, requests: int) -> None:
        """Send requests, several at once."""
        await asyncio.gather(
            *(self._one_lane(lane, requests // AT_ONCE) for lane in range(AT_ONCE))
        )

    async def _one_lane(self, lane: int, requests: int) -> None:
        # Lanes share no note: it would be busy, and the request would not get as far as Discord.
        notes = self.notes[lane::AT_ONCE]
        tokens = self.refresh_tokens[lane::AT_ONCE]
        for number in range(requests):
            secret = f"wrong-{next(self.secrets)}"
            if number % 5 < 2:
                path = f"/r/{REDIRECT_URI}"
                self.answers[await ask(self.app, "GET", path, code=secret, state=secret)] += 1
                continue
            if number % 25 == 2:
                sent = {
                    "grant_type": "refresh_token",
                    "refresh_token": tokens[number % len(tokens)],
                    "client_id": self.good.client_id,
                }
            else:
                client_id, code = notes[number % len(notes)]
                sent = {
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": REDIRECT_URI,
                    "client_id": client_id,
                }
            status = await ask(self.app, "POST", "/token", **sent, client_secret=secret)
            self.answers[status] += 1


async def ask(app: Starlette, method: str, path: str, **parameters: str) -> int:
    """Send one request as cheaply as possible, and answer its status."""
    encoded, status = urlencode(parameters).encode(), 0
    headers = [(b"host", b"snowflake.example.com")]
    if method == "POST":
        headers.append((b"content-type", b"application/x-www-form-urlencoded"))
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": encoded if method == "GET" else b"",
        "root_path": "",
        "headers": headers,
        "client": (ADDRESS, 1),
        "server": ("snowflake.example.com", 443),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": encoded if method == "POST" else b""}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status


async def invented_note(http: httpx.AsyncClient, client_id: str) -> str:
    """Get a code of ours for a code that Discord never gave."""
    asked = {
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": "openid",
    }
    sent = query_of((await http.get("/authorize", params=asked)).headers["location"])
    back = await http.get(
        urlsplit(sent["redirect_uri"]).path, params={"code": "invented", "state": sent["state"]}
    )
    return query_of(back.headers["location"])["code"]


@asynccontextmanager
async def serving_snowflake(
    settings: Settings, clock: Clock
) -> AsyncIterator[tuple[Starlette, httpx.AsyncClient]]:
    """Start a process's worth of Snowflake on the store, as often as need be."""
    app = create_app(settings, clock)
    async with AsyncExitStack() as stack:
        with keys_checked_once():
            await stack.enter_async_context(app.router.lifespan_context(app))
        http = await stack.enter_async_context(browser_for(app))
        http._transport = httpx.ASGITransport(app, client=(ADDRESS, 2))
        yield app, http


@pytest.fixture
def discord(clock: Clock) -> SimulatedDiscord:
    return SimulatedDiscord(clock=clock)


@pytest.fixture
def settings(discord: SimulatedDiscord, tmp_path: Path, private_key: str) -> Iterator[Settings]:
    with serving(discord.app) as origin:
        yield settings_for(
            f"sqlite:///{tmp_path / 'store.db'}",
            origin,
            data_dir=tmp_path,
            private_key=SecretStr(private_key),
            secret_key=SecretStr("a secret of more than thirty-two characters"),
        )


async def test_a_hostile_load_brings_no_ban_and_stops_no_good_client(
    settings: Settings, discord: SimulatedDiscord, clock: Clock
) -> None:
    good, answers = Party(discord, ORIGIN, "1300000000000000001"), Counter[int]()
    with capture_logs() as logs:
        for life in range(2):
            async with serving_snowflake(settings, clock) as (app, http):
                tokens = [await good.sign_in(http) for _ in range(AT_ONCE)]
                # Every lane attacks the good client by its own ID too.
                ids = [good.client_id] * AT_ONCE + [str(1400 + n) for n in range(CLIENT_IDS)]
                attacker = Attacker(
                    app,
                    good,
                    [(client_id, await invented_note(http, client_id)) for client_id in ids],
                    [pair["refresh_token"] for pair in tokens],
                    answers=answers,
                    secrets=count(life * BATCHES * BATCH),
                )
                for _ in range(BATCHES // 2):
                    await attacker.attack(BATCH)
                    await good.sign_in(http)
                tokens_of(await good.refresh(http, tokens[0]["refresh_token"]))
    statuses = Counter(request.status for request in discord.requests)
    assert answers.total() == BATCHES * BATCH
    assert set(answers) == {400, 401, 429}
    assert answers[400] == BATCHES * BATCH * 2 // 5
    assert sum(statuses[status] for status in INVALID) < MOST_INVALID
    # It was the attempts that ended there, and no other fault of theirs.
    assert answers[401] == statuses[401] > 0
    assert [log["spent"] for log in logs if log["event"] == "unproven_clients_wait"]
