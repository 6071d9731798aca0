"""What is taken back, and what stays where somebody else needs it or cannot be asked."""

import httpx
import pytest

from snowflake.errors import TemporarilyUnavailable
from snowflake.linked_roles.disconnecting import disconnect
from snowflake.state import renewal
from tests.linked_roles.world import APPLICATION, PERSON, Roles, link
from tests.running import NOW, Discord, Snowflake
from tests.store.furniture import put_login
from tests.upstream.provider import Provider


async def is_linked(snowflake: Snowflake) -> bool:
    return await snowflake.state.store.links.find(PERSON) is not None


async def has_tokens(snowflake: Snowflake) -> bool:
    return await snowflake.state.store.discord_tokens.find(APPLICATION, PERSON) is not None


async def test_it_is_undone_everywhere_once(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    assert await disconnect(PERSON, linking.state) == "undone"
    asked = (roles.delete.call_count, provider.revocation.call_count, roles.revoke.call_count)
    assert asked == (1, 1, 1)
    assert not await is_linked(linking)
    assert not await has_tokens(linking)
    assert await disconnect(PERSON, linking.state) == "absent"
    assert roles.delete.call_count == 1


async def test_a_login_keeps_discords_tokens(
    linking: Snowflake, provider: Provider, roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.store.furniture.APPLICATION", APPLICATION)
    await link(linking, provider)
    grant, _ = await put_login(linking.state.store, "code", PERSON, NOW + 10)
    assert grant.application == APPLICATION
    assert await disconnect(PERSON, linking.state) == "undone"
    assert not roles.revoke.called
    assert await has_tokens(linking)


async def test_a_link_keeps_discords_tokens_when_a_login_ends(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    await renewal.end(APPLICATION, PERSON, None, "", linking.state)
    assert not roles.revoke.called
    assert await has_tokens(linking)


async def test_while_discord_is_out_nothing_is_undone(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    roles.delete.respond(500)
    with pytest.raises(TemporarilyUnavailable):
        await disconnect(PERSON, linking.state)
    assert await is_linked(linking)
    assert not provider.revocation.called


@pytest.mark.parametrize("answer", [httpx.Response(401), httpx.Response(403, json={"code": 50026})])
async def test_whoever_has_removed_the_application_is_unlinked_all_the_same(
    linking: Snowflake,
    provider: Provider,
    roles: Roles,
    discord: Discord,
    answer: httpx.Response,
) -> None:
    await link(linking, provider)
    roles.delete.mock(return_value=answer)
    discord.token.respond(400, json={"error": "invalid_grant"})
    assert await disconnect(PERSON, linking.state) == "undone"
    assert not await is_linked(linking)


async def test_an_upstream_provider_that_is_down_stops_nobody(
    linking: Snowflake, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    await link(linking, provider)
    provider.revocation.respond(503)
    assert await disconnect(PERSON, linking.state) == "undone"
    assert not await is_linked(linking)
    assert "revocation: answered 503" in capsys.readouterr().out
