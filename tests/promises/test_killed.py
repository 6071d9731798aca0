"""SIGKILL at random moments of logins and refreshes loses nobody's grant."""

import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from snowflake.sandbox.discord import SimulatedDiscord, token
from snowflake.sandbox.serving import serving
from tests.journeys.world import ADA, variables
from tests.promises.mortals import Mortals
from tests.promises.party import INVALID_GRANT, OUT, Party, error_of
from tests.promises.processes import browser_of
from tests.serving import free_port
from tests.store.places import SECRET, Place

KILLS = 100  # on each engine
PROCESSES, PEOPLE = 3, 12
#: Grants that one person has at a time.
GRANTS = 2


@dataclass
class Someone:
    """A person with up to ``GRANTS`` grants, each known by its refresh token."""

    id: str
    party: Party
    browsers: list[httpx.AsyncClient]
    dice: random.Random
    tokens: list[str] = field(default_factory=list)
    refreshes: int = 0
    signed_out: int = 0

    async def go_on(self, mortals: Mortals) -> None:
        """Sign in and refresh for as long as somebody is to be killed."""
        while mortals.kills < mortals.wanted:
            if len(self.tokens) < GRANTS or not self.dice.randrange(6):
                await self.sign_in()
            else:
                await self.refresh()

    async def sign_in(self) -> None:
        """Try to sign in. A login that is cut off is begun anew."""
        try:
            code = await self.party.code(self.any(), self.id, other=self.any())
            answer = await self.party.redeem(self.any(), code)
        except httpx.TransportError:
            return await self.recover()
        if answer.status_code == 200:
            self.tokens = [*self.tokens, answer.json()["refresh_token"]][-GRANTS:]
            return None
        # The code's holder died with it, or at Discord somebody died with its code.
        assert error_of(answer) in {INVALID_GRANT, OUT}, answer.text
        return None

    async def refresh(self) -> None:
        """Refresh one grant, coming again at once for as long as the answer is cut off."""
        sent = self.tokens.pop(0)
        while True:
            try:
                answer = await self.party.refresh(self.any(), sent)
            except httpx.TransportError:
                await self.recover()
                continue
            if answer.status_code == 200:
                self.tokens.append(answer.json()["refresh_token"])
                self.refreshes += 1
                return
            if error_of(answer) == INVALID_GRANT:
                self.signed_out += 1
                return
            assert error_of(answer) == OUT, answer.text

    async def arrive(self) -> None:
        """Sign in as often as allowed, before anybody dies."""
        while len(self.tokens) < GRANTS:
            await self.sign_in()

    async def settle(self) -> None:
        """Refresh all that is held; whoever was signed out signs in again and can refresh."""
        for _ in range(len(self.tokens)):
            await self.refresh()
        self.tokens.clear()
        before = self.signed_out
        while not self.tokens:
            await self.sign_in()
        await self.refresh()
        assert self.tokens
        assert self.signed_out == before

    async def recover(self) -> None:
        """Let the event loop do something else: all processes may be starting."""
        await asyncio.sleep(0.01)

    def any(self) -> httpx.AsyncClient:
        """Choose a process, as a load balancer would."""
        return self.dice.choice(self.browsers)


def people_of(discord: SimulatedDiscord) -> list[str]:
    """Fill the simulated Discord with people and answer their IDs."""
    ids = [str(int(ADA) + number) for number in range(PEOPLE)]
    for identifier in ids:
        discord.people[identifier] = replace(discord.people[ADA], id=identifier)
    return ids


async def test_whoever_held_a_refresh_token_still_can_refresh(
    place: Place, tmp_path: Path, private_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every refresh finds Discord's access token at its end, so that it has to use up Discord's
    # refresh token; the access token itself works on.
    monkeypatch.setattr(token, "TOKEN_LIFETIME", 1)
    dice = random.Random(20150101)  # noqa: S311 - the same dice each time
    discord = SimulatedDiscord(clock=time.time)
    ports = [free_port() for _ in range(PROCESSES)]
    issuer = f"http://localhost:{ports[0]}"
    mortals = Mortals(discord, place, ports, tmp_path, dice)
    with serving(mortals, host="0.0.0.0") as origin:  # noqa: S104 - each life has its address
        settings = {
            **variables(origin),
            "SNOWFLAKE_DATA_DIR": str(tmp_path),
            "SNOWFLAKE_DATABASE_URL": place.url,
            "SNOWFLAKE_SECRET_KEY": SECRET.decode(),
            "SNOWFLAKE_PRIVATE_KEY": private_key,
            "SNOWFLAKE_ISSUER": issuer,
        }
        with mortals.running(settings, urlsplit(origin).port or 0):
            async with AsyncExitStack() as stack:
                browsers = [
                    await stack.enter_async_context(browser_of(f"http://127.0.0.1:{port}"))
                    for port in ports
                ]
                party = Party(discord, issuer, "1400000000000000001", public=True)
                everybody = [
                    Someone(identifier, party, browsers, random.Random(identifier))  # noqa: S311
                    for identifier in people_of(discord)
                ]
                await asyncio.gather(*(someone.arrive() for someone in everybody))
                mortals.wanted = KILLS
                await asyncio.gather(*(someone.go_on(mortals) for someone in everybody))
                # Nobody dies any more.
                await asyncio.gather(*(someone.settle() for someone in everybody))
    lost = mortals.lost_answers()
    assert mortals.kills == KILLS
    for someone in everybody:
        # One lost answer signs a person out of everything that stood on it.
        explained = GRANTS * sum(person == someone.id for person in lost.values())
        assert someone.signed_out <= explained, someone.id
