"""``refresh_token_threshold``: a refresh token that is renewed only when it is about to end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import httpx
import pytest

from snowflake.settings import Settings
from snowflake.store.refresh_tokens import OVERLAP
from tests.login import Json, read_token
from tests.oidc.signed_in import AS_WIKI, SECRETS, WIKI, is_alive, keeping_sessions
from tests.oidc.test_issuers import sign_in
from tests.running import NOW, USER, Clock, Discord, Snowflake, running

DAY: Final = 86_400
#: Of a life of thirty days, ten are left when it is renewed.
LIFE, THRESHOLD = 30 * DAY, 10 * DAY
KEPT: Final = WIKI.model_copy(
    update={
        "refresh_token_lifetime": timedelta(seconds=LIFE),
        "refresh_token_threshold": timedelta(seconds=THRESHOLD),
    }
)
#: Which outlives the session.
SCOPE: Final = "openid profile offline_access"


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    async with keeping_sessions(settings, clock, discord, KEPT) as snowflake:
        yield snowflake


async def signed_in(snowflake: Snowflake) -> Json:
    _, tokens = await sign_in(snowflake, {**AS_WIKI, "scope": SCOPE})
    return tokens


async def refresh(snowflake: Snowflake, token: str) -> Json:
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "wiki"}
    form["client_secret"] = SECRETS["wiki"]
    answer: Json = (await snowflake.browser.post("/token", data=form)).json()
    return answer


async def test_while_it_has_long_to_live_the_answer_holds_no_other(snowflake: Snowflake) -> None:
    login = await signed_in(snowflake)
    for _ in range(3):
        snowflake.clock.pass_by(DAY)
        answer = await refresh(snowflake, login["refresh_token"])
        assert answer.keys() == login.keys() - {"refresh_token"}
        assert answer["expires_in"] == 3600
        assert await is_alive(snowflake.browser, answer)
        assert read_token(snowflake, answer["id_token"])["iat"] == snowflake.clock()


async def test_it_is_renewed_once_it_has_less_than_the_threshold(snowflake: Snowflake) -> None:
    login = await signed_in(snowflake)
    snowflake.clock.pass_by(LIFE - THRESHOLD)
    assert "refresh_token" not in await refresh(snowflake, login["refresh_token"])
    snowflake.clock.pass_by(1)
    renewed = await refresh(snowflake, login["refresh_token"])
    assert renewed["refresh_token"] != login["refresh_token"]
    # Its life counts from now.
    snowflake.clock.pass_by(LIFE - THRESHOLD)
    assert "refresh_token" not in await refresh(snowflake, renewed["refresh_token"])


async def test_its_life_does_not_slide(snowflake: Snowflake) -> None:
    login = await signed_in(snowflake)
    snowflake.clock.pass_by(LIFE - THRESHOLD - 1)
    assert "access_token" in await refresh(snowflake, login["refresh_token"])
    snowflake.clock.pass_by(THRESHOLD + 1)
    assert (await refresh(snowflake, login["refresh_token"]))["error"] == "invalid_grant"


async def test_claims_are_fresh_all_the_same(snowflake: Snowflake) -> None:
    login = await signed_in(snowflake)
    snowflake.discord.knows(global_name="Nelly the Eagle")
    snowflake.clock.pass_by(DAY)
    answer = await refresh(snowflake, login["refresh_token"])
    assert read_token(snowflake, answer["id_token"])["name"] == "Nelly the Eagle"


async def test_to_use_one_again_that_was_renewed_ends_the_grant(snowflake: Snowflake) -> None:
    login = await signed_in(snowflake)
    snowflake.clock.pass_by(LIFE - 60)
    renewed = await refresh(snowflake, login["refresh_token"])
    again = await refresh(snowflake, login["refresh_token"])
    assert again["refresh_token"] == renewed["refresh_token"]
    snowflake.clock.pass_by(OVERLAP + 1)
    assert (await refresh(snowflake, login["refresh_token"]))["error"] == "invalid_grant"
    assert (await refresh(snowflake, renewed["refresh_token"]))["error"] == "invalid_grant"
    assert not await is_alive(snowflake.browser, renewed)


async def test_it_ends_with_its_grant(snowflake: Snowflake) -> None:
    login = await signed_in(snowflake)
    snowflake.clock.pass_by(DAY)
    kept = await refresh(snowflake, login["refresh_token"])
    form = {"token": login["refresh_token"], "client_id": "wiki", "client_secret": SECRETS["wiki"]}
    await snowflake.browser.post("/revoke", data=form)
    assert (await refresh(snowflake, login["refresh_token"]))["error"] == "invalid_grant"
    assert not await is_alive(snowflake.browser, kept)


@pytest.mark.parametrize("age", [DAY, LIFE - 60])
async def test_many_at_once_in_two_processes_get_the_same(
    settings: Settings, clock: Clock, discord: Discord, age: int
) -> None:
    async with (
        keeping_sessions(settings, clock, discord, KEPT) as first,
        running(first.settings, clock, discord) as second,
    ):
        token = (await signed_in(first))["refresh_token"]
        clock.pass_by(age)
        answers = await asyncio.gather(
            *(refresh((first, second)[number % 2], token) for number in range(8))
        )
        assert all([await is_alive(first.browser, answer) for answer in answers])
        assert len({answer.get("refresh_token") for answer in answers}) == 1
        assert ("refresh_token" in answers[0]) is (age != DAY)


async def test_one_that_another_process_has_renewed_meanwhile_gets_the_same_successor(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    renewing = KEPT.model_copy(update={"refresh_token_threshold": timedelta(0)})
    async with (
        keeping_sessions(settings, clock, discord, KEPT) as keeps,
        running(
            keeps.settings.model_copy(update={"clients": (renewing,)}), clock, discord
        ) as renews,
    ):
        token = (await signed_in(keeps))["refresh_token"]
        clock.pass_by(DAY)
        asked, goes_on = asyncio.Event(), asyncio.Event()

        async def slow(_: httpx.Request) -> httpx.Response:
            asked.set()
            await goes_on.wait()
            return httpx.Response(200, json=dict(USER))

        discord.user.side_effect = slow
        slowly = asyncio.create_task(refresh(keeps, token))
        await asked.wait()
        discord.user.side_effect = None
        renewed = await refresh(renews, token)
        goes_on.set()
        assert (await slowly)["refresh_token"] == renewed["refresh_token"] != token


async def test_one_that_is_longer_than_the_life_renews_each_time(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    long = KEPT.model_copy(update={"refresh_token_threshold": timedelta(seconds=LIFE + 1)})
    async with keeping_sessions(settings, clock, discord, long) as snowflake:
        login = await signed_in(snowflake)
        assert "refresh_token" in await refresh(snowflake, login["refresh_token"])


async def test_none_that_came_of_it_outlives_the_grant(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    short = {"refresh_token_lifetime": timedelta(hours=2), "token_lifetime": timedelta(minutes=50)}
    kept = KEPT.model_copy(update={**short, "refresh_token_threshold": timedelta(minutes=1)})
    async with keeping_sessions(settings, clock, discord, kept) as snowflake:
        login = await signed_in(snowflake)
        snowflake.clock.pass_by(7200 - 120)
        answer = await refresh(snowflake, login["refresh_token"])
        assert answer["expires_in"] == 120
        assert read_token(snowflake, answer["access_token"])["exp"] == NOW + 7200
