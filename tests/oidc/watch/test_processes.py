"""Several processes on one database, of which one at a time looks."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from pydantic import SecretStr

from snowflake.oidc.watch import pace, rounds
from snowflake.oidc.watch.rounds import LEASE, Rounds
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.state import State
from tests.running import DISCORD_API, GUILDS, Clock, Discord, keys_checked_once
from tests.store.furniture import put_login
from tests.store.places import Place

GUILD = str(GUILDS[0]["id"])
PEOPLE = [str(80351110224678912 + number) for number in range(50)]
AWAY = set(PEOPLE[::7])
#: Seconds after which somebody is due.
DUE = 225


class Guild:
    """Who is in the guild, and how often the bot has asked for each."""

    def __init__(self, discord: Discord) -> None:
        self.looks: Counter[str] = Counter()
        self.call_after(0, lambda: None)
        url = rf"{DISCORD_API}/guilds/{GUILD}/members/(?P<person>\d+)"
        discord.router.get(url__regex=url).mock(side_effect=self.answer)

    def call_after(self, looks: int, call: Callable[[], None]) -> None:
        """Call something when the bot has asked so often."""
        self._call_after, self._call = looks, call

    def answer(self, _: httpx.Request, person: str) -> httpx.Response:
        self.looks[person] += 1
        if self.looks.total() == self._call_after:
            self._call()
        if person in AWAY:
            return httpx.Response(404, json={"code": 10007})
        return httpx.Response(200, json={"roles": [], "joined_at": "2020-01-01T00:00:00Z"})


@pytest.fixture
def guild(discord: Discord, monkeypatch: pytest.MonkeyPatch) -> Guild:
    monkeypatch.setattr(pace, "SLOWEST", 10_000.0)
    monkeypatch.setattr(pace, "FASTEST", 10_000.0)
    return Guild(discord)


@pytest.fixture
def settings(settings: Settings, place: Place) -> Settings:
    return settings.model_copy(
        update={
            "database_url": SecretStr(place.url),
            "discord_bot_token": SecretStr("bot-token"),
            "access": AccessTable(any_guild=(GUILD,)),
        }
    )


async def opened(stack: AsyncExitStack, settings: Settings, clock: Clock) -> State:
    """Start another process, as far as looking is concerned."""
    with keys_checked_once():
        return await stack.enter_async_context(State.open(settings, clock))


async def sign_in_all(state: State) -> None:
    for person in PEOPLE:
        await put_login(state.store, f"code of {person}", person)


async def signed_in(state: State) -> set[str]:
    """Answer who still holds a grant."""
    found = [(person, await state.store.grants.of_person(person)) for person in PEOPLE]
    return {person for person, grants in found if grants}


async def test_nobody_is_looked_at_twice_in_one_interval(
    settings: Settings, clock: Clock, guild: Guild
) -> None:
    async with AsyncExitStack() as stack:
        states = [await opened(stack, settings, clock) for _ in range(3)]
        await sign_in_all(states[0])
        processes = [Rounds(state) for state in states]
        await asyncio.gather(*(one.round() for one in processes))
        assert not guild.looks
        clock.pass_by(DUE)
        for _ in range(2):
            await asyncio.gather(*(one.round() for one in processes))
        assert guild.looks == dict.fromkeys(PEOPLE, 1)
        assert await signed_in(states[0]) == set(PEOPLE) - AWAY


async def test_when_one_dies_in_the_middle_another_goes_on_where_it_was(
    settings: Settings, clock: Clock, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(*_: object) -> None:
        raise asyncio.CancelledError

    async with AsyncExitStack() as stack:
        states = [await opened(stack, settings, clock) for _ in range(2)]
        await sign_in_all(states[0])
        one, another = (Rounds(state) for state in states)
        await one.round()
        clock.pass_by(DUE)
        with monkeypatch.context() as patched:
            guild.call_after(len(PEOPLE) // 2, lambda: patched.setattr(rounds, "look_at", dying))
            with pytest.raises(asyncio.CancelledError):
                await one.round()
        seen = Counter(guild.looks)
        assert 0 < len(seen) < len(PEOPLE)
        await another.round()
        assert guild.looks == seen
        clock.pass_by(LEASE + 1)
        await another.round()
        assert guild.looks == dict.fromkeys(PEOPLE, 1)
        assert await signed_in(states[1]) == set(PEOPLE) - AWAY
