"""UserInfo tells what Discord says now, as a refresh does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Final

import httpx
import pytest
from structlog.testing import capture_logs

from snowflake.errors import DiscordDown
from snowflake.oidc.freshness import OLDEST_CLAIMS
from snowflake.protocol.pkce import challenge_of
from snowflake.settings import Settings
from snowflake.store.grants import Grants
from snowflake.tables.access import AccessTable
from tests.login import CLIENT_ID, CLIENT_SECRET, Json, code_for, query_of, redeem, sign_in
from tests.oidc.test_registered_clients import CONFIDENTIAL, registering, sign_in_registered
from tests.running import GUILDS, TOKENS, Clock, Discord, Snowflake, running

FRESH: Final = 300
WEEK: Final = 604_800
PERSON: Final = "80351110224678912"
VERIFIER: Final = "a-verifier-of-forty-three-characters-or-more"
#: What says nothing, and is not asked again.
UNUSABLE: Final = httpx.Response(404, json={"message": "404: Not Found", "code": 0})
REFUSED: Final = httpx.Response(401, json={"message": "401: Unauthorized", "code": 0})


@pytest.fixture
async def registered(
    settings: Settings, clock: Clock, discord: Discord
) -> AsyncIterator[Snowflake]:
    async with running(registering(settings, CONFIDENTIAL), clock, discord) as snowflake:
        yield snowflake


async def ask(snowflake: Snowflake, tokens: Json) -> httpx.Response:
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    return await snowflake.browser.get("/userinfo", headers=headers)


async def claims(snowflake: Snowflake, tokens: Json) -> Json:
    response = await ask(snowflake, tokens)
    assert response.status_code == 200, response.text
    told: Json = response.json()
    return told


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


async def refresh(snowflake: Snowflake, tokens: Json) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    return await snowflake.browser.post("/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET))


async def lives(snowflake: Snowflake) -> bool:
    return bool(await snowflake.state.store.grants.of_person(PERSON))


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


GATED: Final = AccessTable.model_validate({"any_guild": [GUILDS[0]["id"]]})


async def test_who_no_longer_passes_a_gate_loses_the_grant(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with running(
        registering(settings, CONFIDENTIAL, access=GATED), clock, discord
    ) as snowflake:
        tokens = await sign_in_registered(snowflake)
        discord.guilds.respond(json=[])
        clock.pass_by(FRESH)
        refused = await ask(snowflake, tokens)
        assert error_of(refused) == (401, "invalid_token")
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        assert not await lives(snowflake)


async def test_who_has_removed_the_application_loses_the_grant(registered: Snowflake) -> None:
    tokens = await sign_in_registered(registered)
    registered.clock.pass_by(FRESH)
    registered.discord.user.mock(return_value=REFUSED)
    registered.discord.guilds.mock(return_value=REFUSED)
    registered.discord.token.respond(400, json={"error": "invalid_grant"})
    assert error_of(await ask(registered, tokens)) == (401, "invalid_token")
    assert not await lives(registered)


async def test_old_claims_do_not_serve_somebody_whose_token_discord_refuses(
    registered: Snowflake,
) -> None:
    tokens = await sign_in_registered(registered)
    registered.clock.pass_by(FRESH)
    registered.discord.user.mock(return_value=REFUSED)
    registered.discord.token.mock(return_value=UNUSABLE)
    assert error_of(await ask(registered, tokens)) == (503, "temporarily_unavailable")
    assert await lives(registered)


async def test_discords_tokens_are_renewed_with_our_own_application(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    long = registering(settings, CONFIDENTIAL, token_lifetime=timedelta(days=30))
    async with running(long, clock, discord) as snowflake:
        tokens = await sign_in_registered(snowflake)
        clock.pass_by(WEEK + 1)
        discord.token.respond(json={**TOKENS, "access_token": "renewed"})
        await claims(snowflake, tokens)
        sent = query_of(f"?{discord.token.calls.last.request.content.decode()}")
        assert sent["grant_type"] == "refresh_token"
        asked = discord.user.calls.last.request
        assert asked.headers["authorization"] == "Bearer renewed"


@pytest.fixture
async def long_lived(
    settings: Settings, clock: Clock, discord: Discord
) -> AsyncIterator[Snowflake]:
    """Access tokens that outlive Discord's."""
    longer = settings.model_copy(update={"token_lifetime": timedelta(days=30)})
    async with running(longer, clock, discord) as snowflake:
        yield snowflake


async def test_without_a_secret_discords_token_serves_to_its_end(long_lived: Snowflake) -> None:
    tokens = await sign_in(long_lived.browser)
    long_lived.clock.pass_by(WEEK - 1)
    await claims(long_lived, tokens)
    assert long_lived.discord.token.call_count == 1
    long_lived.clock.pass_by(FRESH)
    asked = len(long_lived.discord.calls)
    ended = await ask(long_lived, tokens)
    assert error_of(ended) == (401, "invalid_token")
    assert "refresh" in ended.json()["error_description"]
    assert len(long_lived.discord.calls) == asked
    # The application has the secret, and nothing is lost.
    assert (await refresh(long_lived, tokens)).status_code == 200
    await claims(long_lived, tokens)


async def test_without_a_secret_a_token_that_discord_refuses_is_shown_once(
    snowflake: Snowflake,
) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.clock.pass_by(FRESH)
    snowflake.discord.user.mock(return_value=REFUSED)
    snowflake.discord.guilds.mock(return_value=REFUSED)
    asked = len(snowflake.discord.calls)
    for _ in range(3):
        assert error_of(await ask(snowflake, tokens)) == (401, "invalid_token")
    assert len(snowflake.discord.calls) == asked + 2
    assert await lives(snowflake)
    snowflake.discord.token.respond(400, json={"error": "invalid_grant"})
    assert error_of(await refresh(snowflake, tokens)) == (400, "invalid_grant")
    assert not await lives(snowflake)


async def test_a_public_client_needs_no_secret_to_renew_discords_token(
    long_lived: Snowflake,
) -> None:
    pkce = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    code = await code_for(long_lived.browser, **pkce)
    public = {"client_secret": None, "code_verifier": VERIFIER}
    tokens = (await redeem(long_lived.browser, code, **public)).json()
    long_lived.clock.pass_by(WEEK)
    await claims(long_lived, tokens)
    assert long_lived.discord.token.call_count == 2


@pytest.mark.parametrize(("days", "renewed"), [(1, False), (2, True), (30, False)])
async def test_a_refresh_leaves_a_token_of_discord_that_outlives_the_access_token(
    settings: Settings, clock: Clock, discord: Discord, days: int, renewed: bool
) -> None:
    lifetime = settings.model_copy(update={"token_lifetime": timedelta(days=days)})
    async with running(lifetime, clock, discord) as snowflake:
        tokens = await sign_in(snowflake.browser)
        # Discord's has two days left to live but for a second; or nearly all of its week.
        clock.pass_by(1 if days > 7 else WEEK - 2 * 86_400 + 1)
        assert (await refresh(snowflake, tokens)).status_code == 200
        assert (discord.token.call_count == 2) is renewed
