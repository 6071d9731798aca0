"""Logins a second with a million sessions and grants in the store, over an empty one.

On both engines, two Snowflakes run side by side, one on each store, and take turns. Each login is
to a registered client and begins a session. The grants are a million people's, each with a session,
a refresh token, and with Discord's tokens; they are as long as real ones, and none of them expires
while this runs. PostgreSQL is a server of its own on the same machine, which
does not wait for the disk (``fsync`` is off, as in the tests).
"""

import asyncio
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from snowflake.crypto.sealing import Sealer
from snowflake.sandbox.discord import GUILDS
from snowflake.store.discord_tokens import SealedPair
from snowflake.store.grants import SealedClaims
from snowflake.store.migrate import migrate
from snowflake.store.schema import (
    discord_tokens,
    grants,
    refresh_tokens,
    session_clients,
    sessions,
)
from snowflake.store.sessions import SealedAccount
from tests.benchmarks.discord import CLIENT_ID, MEMBERSHIPS, SCOPES, email_of
from tests.benchmarks.effort import Effort
from tests.benchmarks.logins import in_turn
from tests.benchmarks.processes import serve, simulated_discord
from tests.benchmarks.registered import CLIENT, settings_of
from tests.benchmarks.report import Goal, Row
from tests.store.places import ENGINES, SECRET, Place, place_on

GOAL = Goal(0.90)
BATCH = 5000
DAY = 86400
#: Days over which the grants expire, from tomorrow on.
DAYS = 29
FURNISHED = (sessions, session_clients, grants, refresh_tokens, discord_tokens)
#: What Discord says of a person, of the usual length.
USER = json.dumps({"id": "9" * 18, "username": "n" * 12, "avatar": "8" * 32, "verified": True})


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    for engine in ENGINES:
        name = f"growth, {engine}"
        try:
            yield _on(engine, name, effort, directory)
        except pytest.skip.Exception as missing:
            yield Row(name, "not measured", str(missing))


def _on(engine: str, name: str, effort: Effort, directory: Path) -> Row:
    empty, full = (_place(engine, directory / f"{engine}-{which}") for which in ("empty", "full"))
    asyncio.run(fill(full, effort.grants))
    with (
        simulated_discord(directory) as discord,
        serve(directory, discord, settings=_settings(empty, directory)) as small,
        serve(directory, discord, settings=_settings(full, directory)) as large,
    ):
        before, after = in_turn([small, large], discord, effort, CLIENT)
    beside = f"{before}, empty store"
    return Row(
        f"{name}, {effort.grants:,} sessions", str(after), beside, after.rate / before.rate, GOAL
    )


def _place(engine: str, directory: Path) -> Place:
    directory.mkdir()
    return place_on(engine, directory)


def _settings(place: Place, directory: Path) -> dict[str, str]:
    own = {"SNOWFLAKE_DATABASE_URL": place.url, "SNOWFLAKE_SECRET_KEY": SECRET.decode()}
    return {**settings_of(directory), **own}


async def fill(place: Place, number: int) -> None:
    """Write that many grants with all that belongs to them."""
    furniture = Furniture.make(Sealer(SECRET))
    async with place.database() as database:
        await migrate(database)
        for start in range(0, number, BATCH):
            await database.write(partial(furniture.put, min(BATCH, number - start)))


@dataclass(frozen=True)
class Furniture:
    """Makes rows. What is sealed in them is one person's in all, because nobody opens it again."""

    sealed_by: str
    claims: str
    tokens: str
    account: str
    people: Iterator[int]
    now: int

    @classmethod
    def make(cls, sealer: Sealer) -> "Furniture":
        """Seal what is to be in all rows."""
        person = "900000000000000000"
        claims = {
            "sub": person,
            "name": f"Person {person}",
            "preferred_username": f"person_{person}",
            "nickname": f"person_{person}",
            "locale": "en-US",
            "picture": f"https://cdn.discordapp.com/avatars/{person}/{secrets.token_hex(16)}.png",
            "email": email_of(person),
            "email_verified": True,
            "groups": [guild.id for guild in GUILDS[:MEMBERSHIPS]],
        }
        pair = SealedPair(CLIENT_ID, person, secrets.token_urlsafe(22), secrets.token_urlsafe(22))
        return cls(
            sealed_by=sealer.name,
            claims=sealer.seal(SealedClaims(secrets.token_urlsafe(16), claims)),
            tokens=sealer.seal(pair),
            account=sealer.seal(SealedAccount(secrets.token_hex(16), USER, ("identify",), 0)),
            people=count(900_000_000_000_000_001),
            now=int(time.time()),
        )

    def put(self, number: int, connection: Connection) -> None:
        """Write grants, and what belongs to each."""
        furnished = zip(*(self._one() for _ in range(number)), strict=True)
        for table, rows in zip(FURNISHED, furnished, strict=True):
            connection.execute(insert(table), list(rows))

    def _one(self) -> tuple[dict[str, object], ...]:
        """Make a session, its client and grant, a refresh token, and Discord's tokens."""
        grant_id, number = secrets.token_urlsafe(16), next(self.people)
        session_id = secrets.token_hex(16)
        expires_at = self.now + DAY + number % (DAYS * DAY)
        grant = {
            "id": grant_id,
            "client_id": CLIENT,
            "application": CLIENT_ID,
            "person": str(number),
            "issuer": "https://snowflake.example.com",
            "scope": "openid profile email groups",
            "auth_time": self.now,
            "claims": self.claims,
            "claims_at": self.now,
            "session": session_id,
            "expires_at": expires_at,
            "sealed_by": self.sealed_by,
        }
        token = {"hash": secrets.token_hex(32), "grant_id": grant_id, "expires_at": expires_at}
        tokens = {
            "id": secrets.token_hex(16),
            "application": CLIENT_ID,
            "person": str(number),
            "tokens": self.tokens,
            "scope": " ".join(sorted(SCOPES)),
            "expires_at": expires_at,
            "needed_until": 0,
            "sealed_by": self.sealed_by,
        }
        session = {
            "id": session_id,
            "identifier": secrets.token_hex(32),
            "browser": secrets.token_hex(32),
            "application": CLIENT_ID,
            "person": str(number),
            "issuer": "https://snowflake.example.com",
            "auth_time": self.now,
            "began_at": self.now,
            "used_at": self.now,
            "expires_at": expires_at,
            "account": self.account,
            "sealed_by": self.sealed_by,
        }
        took_part = {
            "session": session_id,
            "client_id": CLIENT,
            "sid": secrets.token_urlsafe(32),
            "first_at": self.now,
            "last_at": self.now,
        }
        return session, took_part, grant, token, tokens
