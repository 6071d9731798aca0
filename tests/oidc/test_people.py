"""Who somebody is, as a login learns it, and what the memory helps when Discord tells only half."""

from typing import Final

import httpx
import pytest
from structlog.testing import capture_logs

from snowflake.settings import Settings
from snowflake.store.memberships import KEPT, Membership
from tests.login import Json, code_for, read_token, redeem, sign_in
from tests.running import GUILDS, NOW, USER, Clock, Discord, Snowflake, running

PERSON: Final = str(USER["id"])
GROUPS: Final = [guild["id"] for guild in GUILDS]
ANOTHER_CLIENT: Final = "81384788765712384"
#: What says nothing, and is not asked again.
UNUSABLE: Final = httpx.Response(404, json={"message": "404: Not Found", "code": 0})
REFUSED: Final = httpx.Response(401, json={"message": "401: Unauthorized", "code": 0})


async def remembered(snowflake: Snowflake) -> list[Membership]:
    return await snowflake.state.store.memberships.of_person(PERSON)


def groups_of(snowflake: Snowflake, answer: Json) -> object:
    return read_token(snowflake, answer["id_token"]).get("groups")


async def failed(snowflake: Snowflake, scope: str = "openid groups") -> tuple[int, str]:
    response = await redeem(snowflake.browser, await code_for(snowflake.browser, scope=scope))
    return response.status_code, response.json()["error"]


async def test_a_login_remembers_the_guilds_that_it_asked_for(snowflake: Snowflake) -> None:
    await sign_in(snowflake.browser, scope="openid profile")
    assert await remembered(snowflake) == []
    await sign_in(snowflake.browser, scope="openid groups")
    [kept] = await remembered(snowflake)
    assert (kept.guild, kept.asked_at) == ("", NOW)
    assert [guild in kept.answer for guild in GROUPS] == [True, True]


async def test_a_login_asks_even_if_a_fresh_list_is_remembered(snowflake: Snowflake) -> None:
    await sign_in(snowflake.browser)
    snowflake.discord.guilds.respond(json=[])
    assert groups_of(snowflake, await sign_in(snowflake.browser)) == []


async def test_switched_off_nothing_is_remembered(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    off = settings.model_copy(update={"discord_cache": 0 * settings.discord_cache})
    async with running(off, clock, discord) as snowflake:
        await sign_in(snowflake.browser)
        assert await remembered(snowflake) == []
        discord.guilds.mock(return_value=UNUSABLE)
        assert await failed(snowflake) == (503, "temporarily_unavailable")


async def test_without_the_guilds_a_login_takes_those_of_the_last_hour_and_says_so(
    snowflake: Snowflake, clock: Clock
) -> None:
    await sign_in(snowflake.browser)
    snowflake.discord.guilds.mock(return_value=UNUSABLE)
    clock.pass_by(KEPT)
    with capture_logs() as logs:
        answer = await sign_in(snowflake.browser)
    assert groups_of(snowflake, answer) == GROUPS
    [line] = [line for line in logs if line["event"] == "stale_claims"]
    assert (line["of"], line["age"]) == ("guilds", KEPT)
    # What was stale before is no younger for having been used.
    assert [kept.asked_at for kept in await remembered(snowflake)] == [NOW]
    clock.pass_by(1)
    assert await failed(snowflake) == (503, "temporarily_unavailable")


async def test_somebody_who_was_never_here_cannot_do_without_discord(snowflake: Snowflake) -> None:
    snowflake.discord.guilds.mock(return_value=UNUSABLE)
    assert await failed(snowflake) == (503, "temporarily_unavailable")


async def test_without_the_person_the_memory_is_of_no_use(snowflake: Snowflake) -> None:
    await sign_in(snowflake.browser)
    snowflake.discord.user.mock(return_value=UNUSABLE)
    assert await failed(snowflake) == (503, "temporarily_unavailable")


@pytest.mark.parametrize("user", [UNUSABLE, httpx.Response(200, json=dict(USER))])
async def test_a_refused_token_is_no_outage(snowflake: Snowflake, user: httpx.Response) -> None:
    await sign_in(snowflake.browser)
    snowflake.discord.user.mock(return_value=user)
    snowflake.discord.guilds.mock(return_value=REFUSED)
    assert await failed(snowflake) == (400, "invalid_grant")


async def test_a_client_that_may_not_see_the_guilds_gets_none_that_another_may_see(
    snowflake: Snowflake,
) -> None:
    await sign_in(snowflake.browser)
    for outage in (False, True):
        if outage:
            snowflake.discord.guilds.mock(return_value=UNUSABLE)
        snowflake.discord.grants("identify email")
        code = await code_for(snowflake.browser, client_id=ANOTHER_CLIENT)
        answer = (await redeem(snowflake.browser, code, client_id=ANOTHER_CLIENT)).json()
        assert "groups" not in answer["scope"].split()
        assert groups_of(snowflake, answer) is None


async def test_where_discord_may_be_limiting_it_is_asked_who_it_is_first(
    snowflake: Snowflake, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(snowflake.browser)
    monkeypatch.setattr(type(snowflake.state.discord), "may_be_limited", lambda *_: True)
    clock.pass_by(59)
    assert groups_of(snowflake, await sign_in(snowflake.browser)) == GROUPS
    assert snowflake.discord.guilds.call_count == 1
    clock.pass_by(1)
    snowflake.discord.guilds.respond(json=[])
    assert groups_of(snowflake, await sign_in(snowflake.browser)) == []
    assert [kept.asked_at for kept in await remembered(snowflake)] == [NOW + 60]
