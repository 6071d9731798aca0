"""Out of the guild, out of every application, and nobody else: over HTTP, with two workers."""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from snowflake.crypto.sealing import Sealer
from snowflake.sandbox.discord import Failure
from snowflake.sandbox.discord.places import ADA, KEEPER, LIGHTHOUSE
from snowflake.sandbox.serving import serving
from snowflake.settings import Settings
from snowflake.store import Store
from snowflake.store.schema import leases
from snowflake.store.url import store_url
from tests.journeys.browser import Browser
from tests.journeys.registered import client, ids
from tests.journeys.relying_party import Json, RelyingParty, Secrets, tokens_of
from tests.journeys.world import BOT_TOKEN, OWN_ID, OWN_SECRET, World, variables
from tests.journeys.world import world as running_world
from tests.serving import snowflake
from tests.store.places import ENGINES, place_on

VARIABLES = {
    "SNOWFLAKE_DISCORD_BOT_TOKEN": BOT_TOKEN,
    # Nothing else looks at anybody, however often it is asked.
    "SNOWFLAKE_USERINFO_FRESH": "0",
}
GATE = f'[access]\nany_guild = {ids(LIGHTHOUSE)}\nwatch = "5s"\n'
KEEPERS = f"[clients.access]\nany_guild = {ids(LIGHTHOUSE)}\nany_role = {ids(KEEPER)}"
TURNED_AWAY = '"event":"watch"'


def file(hears: str = "https://app.example.com/hears") -> str:
    """Write two clients, the second one for keepers alone. The first hears of logouts."""
    told = f'backchannel_logout_uri = "{hears}"'
    return GATE + client("everybody", told) + client("keepers", KEEPERS)


@dataclass(frozen=True)
class SignedIn:
    """Somebody's login."""

    party: RelyingParty
    tokens: Json

    @property
    def lasts(self) -> bool:
        """Whether UserInfo takes the access token."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        answer = self.party.http.get(f"{self.party.issuer}/userinfo", headers=headers)
        assert answer.status_code in {200, 401}
        return answer.status_code == 200

    @property
    def refreshes(self) -> bool:
        """Whether there are new tokens for the refresh token."""
        return self.party.refresh(self.tokens["refresh_token"]).status_code == 200


def sign_in(party: RelyingParty, browser: Browser, person: str = ADA) -> SignedIn:
    login = Secrets()
    party = replace(party, scope="openid offline_access")
    code = party.code(login, browser.sign_in(party.begin(login), person))
    return SignedIn(party, tokens_of(party.redeem(login, code)))


def looks(world: World, person: str = ADA) -> int:
    """How often the bot has asked what somebody is in the guild."""
    path = f"/api/v10/guilds/{LIGHTHOUSE}/members/{person}"
    return sum(request.path == path for request in world.discord.requests)


def looked_at_again(world: World, person: str = ADA) -> None:
    """Wait until the bot has looked once more."""
    before = looks(world, person)
    world.snowflake.wait_until(lambda: looks(world, person) > before)


@contextmanager
def hearing() -> Iterator[tuple[str, list[str]]]:
    """Run an application's server, and answer its address and what it was told."""
    told: list[str] = []

    async def hear(request: Request) -> Response:
        told.extend(parse_qs((await request.body()).decode())["logout_token"])
        return Response()

    with serving(Starlette(routes=[Route("/hears", hear, methods=["POST"])])) as origin:
        yield f"{origin}/hears", told


@pytest.mark.parametrize("engine", ENGINES)
def test_out_of_the_guild_out_of_every_application(
    engine: str, tmp_path: Path, browser: Browser
) -> None:
    stored = {**VARIABLES, "SNOWFLAKE_DATABASE_URL": place_on(engine, tmp_path).url}
    with (
        hearing() as (hears, told),
        running_world(tmp_path, stored, "--workers", "2", file=file(hears)) as world,
    ):
        own = sign_in(world.party(), browser)
        theirs = [sign_in(world.client(one), browser) for one in ("everybody", "keepers")]
        with Browser() as another:
            tomas = world.discord.named("tomas.by.phone").id
            stays = sign_in(world.client("everybody"), another, tomas)
            looked_at_again(world)
            assert all(one.lasts for one in (own, *theirs))
            world.discord.leave(ADA, LIGHTHOUSE)
            world.snowflake.wait_until(lambda: not any(one.lasts for one in (own, *theirs)))
            assert not any(one.refreshes for one in (own, *theirs))
            world.snowflake.wait_until(lambda: len(told) == 1)
            looked_at_again(world, tomas)
            assert stays.lasts
        # By her session she gets no further.
        party, login = world.client("everybody"), Secrets()
        assert "error=login_required" in _sent_to(party.begin(login, prompt="none"), browser)
        # Each loss is told once, by one process.
        assert world.snowflake.log.count(TURNED_AWAY) == 3


def _sent_to(url: str, browser: Browser) -> str:
    answer = browser.open(url)
    assert answer.has_redirect_location
    return str(answer.headers["location"])


def test_out_of_a_role_out_of_the_applications_that_ask_for_it(
    tmp_path: Path, browser: Browser
) -> None:
    with running_world(tmp_path, VARIABLES, file=file()) as world:
        everybody, keepers = (
            sign_in(world.client(one), browser) for one in ("everybody", "keepers")
        )
        world.discord.take_role(ADA, LIGHTHOUSE, KEEPER)
        world.snowflake.wait_until(lambda: not keepers.lasts)
        looked_at_again(world)
        assert everybody.lasts
        # Nor does she come back by her session, which goes on.
        assert sign_in(world.client("everybody"), browser).lasts
        assert browser.open(keepers.party.begin(Secrets())).status_code == 403


@pytest.mark.parametrize(
    "failure", [Failure.UNAVAILABLE, Failure.RATE_LIMITED_USER, Failure.TRUNCATED, Failure.HANG]
)
def test_an_outage_ends_nothing_and_afterwards_all_is_as_before(
    failure: Failure, tmp_path: Path, browser: Browser
) -> None:
    with running_world(tmp_path, VARIABLES, file=file()) as world:
        signed_in = sign_in(world.client("everybody"), browser)
        world.discord.leave(ADA, LIGHTHOUSE)
        world.discord.fail("guild_member", failure, times=None)
        looked_at_again(world)
        looked_at_again(world)
        assert signed_in.lasts
        assert TURNED_AWAY not in world.snowflake.log
        world.discord.heal()
        world.snowflake.wait_until(lambda: not signed_in.lasts)


def test_a_guild_without_the_bot_ends_nothing(tmp_path: Path, browser: Browser) -> None:
    with running_world(tmp_path, VARIABLES, file=file()) as world:
        signed_in = sign_in(world.client("everybody"), browser)
        guild = world.discord.guilds.pop(LIGHTHOUSE)
        world.snowflake.wait_until(lambda: "discord_bot_not_in_guild" in world.snowflake.log)
        assert signed_in.lasts
        world.discord.guilds[LIGHTHOUSE] = guild
        assert TURNED_AWAY not in world.snowflake.log


def test_who_looks_is_killed_and_another_goes_on(tmp_path: Path, browser: Browser) -> None:
    with running_world(tmp_path, VARIABLES, file=file()) as world:
        signed_in = sign_in(world.client("everybody"), browser)
        looked_at_again(world)
        world.snowflake.end(signal.SIGKILL)
        asyncio.run(_wait_for_the_dead(tmp_path))
        world.discord.leave(ADA, LIGHTHOUSE)
        own = {
            **variables(world.discord_origin),
            "SNOWFLAKE_CONFIG": str(tmp_path / "snowflake.toml"),
            "SNOWFLAKE_DISCORD_CLIENT_ID": OWN_ID,
            "SNOWFLAKE_DISCORD_CLIENT_SECRET": OWN_SECRET,
        }
        with snowflake(tmp_path, {**VARIABLES, **own}, port=world.snowflake.port) as another:
            another.wait_until(lambda: not signed_in.lasts)


async def _wait_for_the_dead(directory: Path) -> None:
    """Let as much time pass as a dead process keeps the others out."""
    settings = Settings(data_dir=directory / "data")
    async with Store.open(store_url(settings), Sealer.load(settings), time.time) as store:
        await store.database.write(lambda c: c.execute(update(leases).values(until=0)))
