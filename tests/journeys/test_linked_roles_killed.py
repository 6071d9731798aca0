"""A process that keeps links true is killed in the middle, and another goes on."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from snowflake.configuration import load_settings
from snowflake.crypto.sealing import Sealer
from snowflake.linked_roles.background import Rounds
from snowflake.sandbox.discord import Application, Failure, SimulatedDiscord
from snowflake.sandbox.serving import serving
from snowflake.sandbox.upstream import Client, Person, SimulatedProvider
from snowflake.sandbox.upstream.grants import Grant
from snowflake.settings import Settings
from snowflake.state import State
from snowflake.store import Store
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.link import ACTIVE, Link
from snowflake.store.schema import leases
from snowflake.store.url import store_url
from tests.journeys.linked import CLIENT_ID, CLIENT_SECRET, SCHEMA, table
from tests.journeys.world import ADA, OWN_ID, OWN_SECRET, variables
from tests.serving import snowflake

LINKS = 20
#: Who has changed, by their places in the order in which they are due.
CHANGED = range(LINKS // 2, LINKS, 3)
SCOPES = frozenset({"identify", "role_connections.write"})
#: What everybody was said to be, when Discord was told last.
VALUES = {
    "chapter": "2147483647",
    "board": "0",
    "groups": "1",
    "since": "2999-12-31T00:00:00Z",
    "seven": "7",
}


@asynccontextmanager
async def store_in(directory: Path) -> AsyncIterator[Store]:
    settings = Settings(data_dir=directory / "data")
    async with Store.open(store_url(settings), Sealer.load(settings), time.time) as store:
        yield store


async def fill(
    directory: Path, discord: SimulatedDiscord, provider: SimulatedProvider, issuer: str
) -> None:
    """Let everybody be linked for long, and some be on the board since."""
    begun = int(time.time()) - 86_400
    async with store_in(directory) as store:
        for place in range(LINKS):
            person, sub = str(1_000_000_000_000_000_000 + place), f"sub-{place}"
            groups = ["board"] if place in CHANGED else ["members"]
            provider.people[sub] = Person(sub, "Somebody.", {"groups": groups})
            grant = Grant(CLIENT_ID, sub, frozenset({"openid", "profile", "offline_access"}))
            token = provider.grants.new_refresh_token(grant)
            assert token is not None
            link = Link(
                person=person,
                application=OWN_ID,
                issuer=issuer,
                subject=sub,
                refresh_token=SecretStr(token),
                claims={},
                linked_at=begun,
                synced_at=begun + place,
                values=VALUES,
            )
            await store.links.take_over(link, exclusive=True)
            await store.discord_tokens.put(given(discord, person))


def given(discord: SimulatedDiscord, person: str) -> StoredTokens:
    """Let there be a person who has approved of everything at Discord."""
    discord.people[person] = replace(discord.people[ADA], id=person)
    uri = "https://snowflake.example.com/linked-role/discord"
    code = discord.grants.approve(OWN_ID, person, SCOPES, uri, None)
    tokens = discord.grants.redeem(OWN_ID, code, uri, None, pkce=False)
    return StoredTokens(
        application=OWN_ID,
        person=person,
        access_token=SecretStr(tokens.access_token),
        refresh_token=SecretStr(tokens.refresh_token),
        scopes=SCOPES,
        expires_at=2**40,
    )


async def go_on(settings: Settings) -> None:
    """Do another process's round, after as much time as a dead one keeps the others out."""
    async with State.open(settings) as state:
        await state.store.database.write(lambda c: c.execute(update(leases).values(until=0)))
        await Rounds(state).round()


async def links_in(directory: Path) -> list[Link]:
    async with store_in(directory) as store:
        people = [person async for person in store.links.people()]
        found = [await store.links.find(person) for person in people]
        return [link for link in found if link is not None]


def test_nothing_is_done_twice_but_what_was_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    discord, provider = SimulatedDiscord(), SimulatedProvider()
    discord.register(Application(id=OWN_ID, name="Snowflake", secret=OWN_SECRET))
    discord.role_connections.put_schema(OWN_ID, json.dumps(SCHEMA).encode())
    provider.register(Client(CLIENT_ID, CLIENT_SECRET, "Snowflake"))

    def told() -> int:
        return sum(request.method == "PUT" for request in discord.requests)

    with serving(discord.app) as api, serving(provider.app) as upstream:
        issuer = provider.issuer_at(upstream)
        (tmp_path / "snowflake.toml").write_text(table(issuer), "utf-8")
        own = {
            **variables(api),
            "SNOWFLAKE_CONFIG": str(tmp_path / "snowflake.toml"),
            "SNOWFLAKE_DISCORD_CLIENT_ID": OWN_ID,
            "SNOWFLAKE_DISCORD_CLIENT_SECRET": OWN_SECRET,
        }
        asyncio.run(fill(tmp_path, discord, provider, issuer))
        # The first of those who have changed is under way for as long as it takes.
        discord.fail("role_connection", Failure.HANG, times=None)
        with snowflake(tmp_path, own) as running:
            running.wait_until(lambda: told() == 1)
            running.end(signal.SIGKILL)
        assert provider.asked("token") == LINKS // 2 + 1
        discord.heal()
        for name, value in own.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path / "data"))
        asyncio.run(go_on(load_settings()))
    assert provider.asked("token") == LINKS + 1
    assert told() == len(CHANGED) + 1
    links = asyncio.run(links_in(tmp_path))
    assert {link.state for link in links} == {ACTIVE}
    assert [place for place, link in enumerate(links) if link.values["board"] == "1"] == [*CHANGED]
