"""UserInfo tells what Discord says now, as a refresh does."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import httpx
import pytest
from structlog.testing import capture_logs

from snowflake.errors import DiscordDown
from snowflake.oidc.freshness import OLDEST_CLAIMS
from snowflake.settings import Settings
from snowflake.store.grants import Grants
from tests.login import sign_in
from tests.oidc.userinfo import FRESH, PERSON, UNUSABLE, ask, claims, error_of, lives, refresh
from tests.running import GUILDS, Clock, Discord, Snowflake, running


async def test_old_claims_are_brought_up_to_date_once_in_a_while(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.discord.knows(global_name="Somebody new")
    snowflake.discord.guilds.respond(json=GUILDS[:1])
    snowflake.clock.pass_by(FRESH - 1)
    assert (await claims(snowflake, tokens))["name"] == "Nelly the Owl"
    assert snowflake.discord.user.call_count == 1
    snowflake.clock.pass_by(1)
    for _ in range(3):
        told = await claims(snowflake, tokens)
        assert (told["name"], told["groups"]) == ("Somebody new", [GUILDS[0]["id"]])
    assert snowflake.discord.user.call_count == 2


async def test_claims_that_a_refresh_has_brought_are_fresh(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.clock.pass_by(FRESH)
    assert (await refresh(snowflake, tokens)).status_code == 200
    await claims(snowflake, tokens)
    assert snowflake.discord.user.call_count == 2


async def test_the_memory_serves_as_at_a_refresh(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.clock.pass_by(FRESH)
    await sign_in(snowflake.browser)
    snowflake.discord.guilds.respond(json=[])
    snowflake.clock.pass_by(59)
    assert len((await claims(snowflake, tokens))["groups"]) == len(GUILDS)


async def test_nought_leaves_it_to_logins_and_refreshes(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    never = settings.model_copy(
        update={"userinfo_fresh": timedelta(0), "token_lifetime": timedelta(days=1)}
    )
    async with running(never, clock, discord) as snowflake:
        tokens = await sign_in(snowflake.browser)
        clock.pass_by(86_000)
        await claims(snowflake, tokens)
        assert discord.user.call_count == 1


async def test_all_who_ask_at_once_wait_for_one_answer(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.discord.knows(global_name="Somebody new")
    snowflake.clock.pass_by(FRESH)
    told = await asyncio.gather(*(claims(snowflake, tokens) for _ in range(20)))
    assert {one["name"] for one in told} == {"Somebody new"}
    assert (snowflake.discord.user.call_count, snowflake.discord.guilds.call_count) == (2, 2)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> "asyncio.Queue[str]":
    """The grants with which somebody is about to be alone."""
    queue, alone = asyncio.Queue[str](), Grants.alone

    def noticed(self: Grants, grant_id: str, patience: float) -> AbstractAsyncContextManager[None]:
        queue.put_nowait(grant_id)
        return alone(self, grant_id, patience)

    monkeypatch.setattr(Grants, "alone", noticed)
    return queue


async def test_two_processes_ask_one_after_the_other(
    snowflake: Snowflake,
    settings: Settings,
    clock: Clock,
    discord: Discord,
    waiting: "asyncio.Queue[str]",
) -> None:
    tokens = await sign_in(snowflake.browser)
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        asked.set()
        await answer.wait()
        return httpx.Response(200, json={"id": PERSON, "username": "nelly"})

    discord.user.mock(side_effect=slow)
    clock.pass_by(FRESH)
    async with running(settings, clock, discord) as another:
        first = asyncio.create_task(claims(snowflake, tokens))
        await asked.wait()
        second = asyncio.create_task(claims(another, tokens))
        assert await waiting.get() == await waiting.get()
        answer.set()
        assert await first == await second
    assert discord.user.call_count == 2


async def test_a_grant_that_is_revoked_meanwhile_is_gone(
    snowflake: Snowflake, waiting: "asyncio.Queue[str]"
) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.clock.pass_by(FRESH)
    [grant] = await snowflake.state.store.grants.of_person(PERSON)
    async with snowflake.state.store.leases.hold(f"grant {grant.id}", 60, 0):
        asking = asyncio.create_task(ask(snowflake, tokens))
        await waiting.get()
        await snowflake.state.store.grants.end(grant.id)
    assert error_of(await asking) == (401, "invalid_token")


async def test_while_discord_is_out_the_claims_serve_for_an_hour_and_the_log_says_so(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    longer = settings.model_copy(update={"token_lifetime": timedelta(hours=2)})
    async with running(longer, clock, discord) as snowflake:
        tokens = await sign_in(snowflake.browser)
        before = await claims(snowflake, tokens)
        for route in (discord.user, discord.guilds):
            route.mock(return_value=UNUSABLE)
        clock.pass_by(OLDEST_CLAIMS)
        with capture_logs() as logs:
            assert await claims(snowflake, tokens) == before
        assert [line["age"] for line in logs if line.get("of") == "grant"] == [OLDEST_CLAIMS]
        clock.pass_by(1)
        out = await ask(snowflake, tokens)
        assert error_of(out) == (503, "temporarily_unavailable")
        assert int(out.headers["retry-after"]) > 0
        assert await lives(snowflake)
        discord.knows()
        discord.guilds.respond(json=[])
        assert (await claims(snowflake, tokens))["groups"] == []


async def test_while_discord_is_known_to_be_down_nobody_waits_for_anything(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.clock.pass_by(FRESH)

    def down() -> None:
        raise DiscordDown("Discord does not answer")

    monkeypatch.setattr(snowflake.state.discord, "check_is_up", down)
    assert (await claims(snowflake, tokens))["name"] == "Nelly the Owl"
    assert snowflake.discord.user.call_count == 1


async def test_a_grant_that_somebody_is_busy_with_answers_what_it_has(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.clock.pass_by(FRESH)
    [grant] = await snowflake.state.store.grants.of_person(PERSON)
    monkeypatch.setattr(snowflake.state.discord, "left", lambda: 0)
    async with snowflake.state.store.leases.hold(f"grant {grant.id}", 60, 0):
        assert (await claims(snowflake, tokens))["name"] == "Nelly the Owl"
    assert snowflake.discord.user.call_count == 1
