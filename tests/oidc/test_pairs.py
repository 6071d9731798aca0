"""Logins that bring fewer of Discord's scopes than others, and logins that are half way."""

import httpx
import pytest
import respx

from tests.login import CLIENT_ID, CLIENT_SECRET, Json, code_for, read_token, redeem, sign_in
from tests.oidc import test_registered_clients as own
from tests.oidc.test_registered_clients import sign_in_registered
from tests.running import DISCORD_API, GUILDS, TOKENS, USER, Clock, Discord, Snowflake

PERSON = str(USER["id"])
WEEK = 604_800
GROUPS = sorted((guild["id"] for guild in GUILDS), key=int)


@pytest.fixture
def revoked(discord: Discord) -> respx.Route:
    return discord.router.post(f"{DISCORD_API}/oauth2/token/revoke").respond(json={})


def brings(discord: Discord, name: str, scope: str) -> None:
    """Let the next pair of Discord's tokens be called by a name."""
    pair = {"access_token": name, "refresh_token": f"refresh-{name}", "scope": scope}
    discord.token.respond(json={**TOKENS, **pair})


def knows_only(discord: Discord, living: str) -> None:
    """Let Discord refuse all access tokens but one."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] != f"Bearer {living}":
            return httpx.Response(401, json={"message": "401: Unauthorized", "code": 0})
        return httpx.Response(200, json=GUILDS if "guilds" in request.url.path else dict(USER))

    discord.user.mock(side_effect=answer)
    discord.guilds.mock(side_effect=answer)


async def refresh(snowflake: Snowflake, tokens: Json) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    return await snowflake.browser.post("/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET))


async def groups(snowflake: Snowflake, tokens: Json) -> object:
    response = await refresh(snowflake, tokens)
    assert response.status_code == 200, response.text
    return read_token(snowflake, response.json()["id_token"])["groups"]


async def test_without_leave_to_see_the_guilds_there_are_no_groups(snowflake: Snowflake) -> None:
    snowflake.discord.grants("identify email")
    tokens = await sign_in(snowflake.browser)
    assert "groups" in tokens["scope"].split()
    for kind in ("id_token", "access_token"):
        assert read_token(snowflake, tokens[kind])["groups"] == []
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    userinfo = await snowflake.browser.get("/userinfo", headers=headers)
    assert userinfo.json()["groups"] == []
    assert await groups(snowflake, tokens) == []
    assert not snowflake.discord.guilds.called


async def test_who_did_not_ask_for_groups_is_told_nothing_of_them(snowflake: Snowflake) -> None:
    snowflake.discord.grants("identify")
    tokens = await sign_in(snowflake.browser, scope="openid profile")
    assert "groups" not in read_token(snowflake, tokens["id_token"])


async def test_a_login_with_fewer_scopes_takes_nothing_from_another(
    snowflake: Snowflake, discord: Discord, clock: Clock
) -> None:
    brings(discord, "wide", "identify email guilds")
    wide = await sign_in(snowflake.browser)
    clock.pass_by(100)
    brings(discord, "narrow", "identify")
    narrow = await sign_in(snowflake.browser)
    wide = (await refresh(snowflake, wide)).json()
    assert read_token(snowflake, wide["id_token"])["groups"] == GROUPS
    # Nor does it get what its person took out of it.
    assert await groups(snowflake, narrow) == []
    # When its end is near, the wide pair is renewed, and is as wide as before.
    clock.pass_by(WEEK - 200)
    brings(discord, "renewed", "identify email guilds")
    knows_only(discord, "renewed")
    assert await groups(snowflake, wide) == GROUPS
    assert b"refresh-wide" in discord.token.calls.last.request.content


async def test_a_wide_pair_that_is_dead_gives_way_to_the_narrow_one_that_lives(
    snowflake: Snowflake, discord: Discord, clock: Clock
) -> None:
    brings(discord, "wide", "identify email guilds")
    wide = await sign_in(snowflake.browser)
    # They remove the application in Discord, and come back with less.
    clock.pass_by(100)
    brings(discord, "narrow", "identify email")
    await sign_in(snowflake.browser)
    knows_only(discord, "narrow")
    discord.token.respond(400, json={"error": "invalid_grant"})
    assert await groups(snowflake, wide) == []
    kept = await snowflake.state.store.discord_tokens.of_person(PERSON)
    assert [pair.access_token.get_secret_value() for pair in kept] == ["narrow"]


async def revoke(snowflake: Snowflake, tokens: Json, client: dict[str, str]) -> None:
    form = {"token": tokens["refresh_token"], **client}
    assert (await snowflake.browser.post("/revoke", data=form)).status_code == 200


OWN = {"client_id": own.CLIENT_ID, "client_secret": own.CLIENT_SECRET}
DISCORDS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


async def test_a_login_between_callback_and_token_keeps_discords_tokens_alive(
    registered: Snowflake, revoked: respx.Route
) -> None:
    first = await sign_in_registered(registered)
    code = await code_for(registered.browser, client_id=own.CLIENT_ID)
    await revoke(registered, first, OWN)
    assert not revoked.called
    second = (await own.with_secret(registered.browser, code)).json()
    await revoke(registered, second, OWN)
    assert revoked.called


async def test_a_login_that_nobody_finishes_keeps_them_for_a_minute_only(
    registered: Snowflake, revoked: respx.Route
) -> None:
    first = await sign_in_registered(registered)
    await code_for(registered.browser, client_id=own.CLIENT_ID)
    registered.clock.pass_by(71)
    await revoke(registered, first, OWN)
    assert revoked.called


async def test_a_login_of_a_discord_application_that_failed_half_way_keeps_them_alive(
    snowflake: Snowflake, discord: Discord, revoked: respx.Route
) -> None:
    first = await sign_in(snowflake.browser)
    code = await code_for(snowflake.browser)
    discord.user.respond(502, html="<h1>Bad gateway</h1>")
    assert (await redeem(snowflake.browser, code)).status_code == 503
    await revoke(snowflake, first, DISCORDS)
    assert not revoked.called
    discord.knows()
    assert (await redeem(snowflake.browser, code)).status_code == 200


async def test_a_login_while_discord_is_being_asked_keeps_them_alive(
    snowflake: Snowflake, discord: Discord, revoked: respx.Route
) -> None:
    first = await sign_in(snowflake.browser)

    async def revoke_first(request: httpx.Request) -> httpx.Response:
        await revoke(snowflake, first, DISCORDS)
        return httpx.Response(200, json=dict(USER))

    discord.user.mock(side_effect=revoke_first)
    second = await sign_in(snowflake.browser)
    assert not revoked.called
    discord.knows()
    assert (await refresh(snowflake, second)).status_code == 200


async def test_a_login_that_comes_while_a_pair_is_being_renewed_is_not_taken_for_an_erasure(
    snowflake: Snowflake, discord: Discord, clock: Clock
) -> None:
    brings(discord, "narrow", "identify email")
    first = await sign_in(snowflake.browser)
    clock.pass_by(WEEK - 60)

    async def renewed_too_late(request: httpx.Request) -> httpx.Response:
        brings(discord, "wide", "identify email guilds")
        await sign_in(snowflake.browser)
        pair = {"access_token": "late", "refresh_token": "late", "scope": "identify email"}
        return httpx.Response(200, json={**TOKENS, **pair})

    discord.token.mock(side_effect=renewed_too_late)
    assert (await refresh(snowflake, first)).status_code == 200
    kept = await snowflake.state.store.discord_tokens.of_person(PERSON)
    assert [pair.access_token.get_secret_value() for pair in kept] == ["wide"]


async def test_a_login_with_fewer_scopes_does_not_depend_on_a_wider_one_that_ends_sooner(
    snowflake: Snowflake, discord: Discord, clock: Clock
) -> None:
    brings(discord, "wide", "identify email guilds")
    await sign_in(snowflake.browser)
    clock.pass_by(WEEK - 600)
    brings(discord, "narrow", "identify email")
    narrow = await sign_in(snowflake.browser)
    clock.pass_by(600)
    knows_only(discord, "narrow")
    headers = {"authorization": f"Bearer {narrow['access_token']}"}
    answer = await snowflake.browser.get("/userinfo", headers=headers)
    assert answer.status_code == 200, answer.text


async def test_the_newest_of_several_pairs_is_revoked_and_all_are_forgotten(
    snowflake: Snowflake, discord: Discord, clock: Clock, revoked: respx.Route
) -> None:
    grants = []
    for name, scope in {"wide": "identify email guilds", "narrow": "identify email"}.items():
        brings(discord, name, scope)
        grants.append(await sign_in(snowflake.browser))
        clock.pass_by(10)
    for tokens in grants:
        await revoke(snowflake, tokens, DISCORDS)
    assert revoked.call_count == 1
    assert b"token=refresh-narrow" in revoked.calls.last.request.content
    assert await snowflake.state.store.discord_tokens.of_person(PERSON) == []
