"""Who is on their way to a link keeps Discord's tokens, whatever else ends meanwhile."""

import httpx
import pytest

from snowflake.linked_roles.disconnecting import disconnect
from snowflake.protocol.browser import LOGIN_LIFETIME
from snowflake.state import renewal
from tests.linked_roles.world import (
    APPLICATION,
    PERSON,
    Roles,
    from_discord,
    from_upstream,
    go,
    link,
    says,
    title_of,
    to_upstream,
)
from tests.running import USER, Clock, Discord, Snowflake
from tests.upstream.provider import Provider


async def end(snowflake: Snowflake) -> None:
    await renewal.end(APPLICATION, PERSON, None, "", snowflake.state)


async def test_a_link_between_discord_and_the_provider_keeps_them_alive(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    sent = await to_upstream(linking.browser)
    await end(linking)
    assert not roles.revoke.called
    says(provider, sent["nonce"])
    assert "linked" in title_of(await from_upstream(linking.browser, sent))


async def test_a_link_that_nobody_finishes_keeps_them_for_half_an_hour_only(
    linking: Snowflake, clock: Clock, roles: Roles
) -> None:
    await to_upstream(linking.browser)
    clock.pass_by(LOGIN_LIFETIME)
    await end(linking)
    assert roles.revoke.called


async def test_while_discord_is_asked_who_it_is_its_tokens_are_kept_alive(
    linking: Snowflake, discord: Discord, roles: Roles, provider: Provider
) -> None:
    await link(linking, provider)
    found = await linking.state.store.links.find(PERSON)
    assert found is not None
    await linking.state.store.links.end(found)
    await linking.state.store.discord_tokens.release(APPLICATION, PERSON)

    async def ended(request: httpx.Request) -> httpx.Response:
        await end(linking)
        return httpx.Response(200, json=dict(USER))

    discord.user.mock(side_effect=ended)
    assert (await from_discord(linking.browser, await go(linking.browser))).status_code == 302
    assert not roles.revoke.called


@pytest.mark.parametrize("fails", ["token", "user"])
async def test_a_way_that_ended_at_discord_keeps_nothing_alive(
    linking: Snowflake, discord: Discord, roles: Roles, fails: str, provider: Provider
) -> None:
    await to_upstream(linking.browser)
    await linking.state.store.discord_tokens.release(APPLICATION, PERSON)
    route = {"token": discord.token, "user": discord.user}[fails]
    route.respond(401, json={"error": "invalid_grant"})
    assert (await from_discord(linking.browser, await go(linking.browser))).status_code != 302
    await end(linking)
    assert roles.revoke.called


async def test_who_unlinks_has_their_tokens_revoked_at_once(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    assert await disconnect(PERSON, linking.state)
    assert roles.revoke.called
