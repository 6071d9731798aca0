"""The way back out: by Discord, with a question, and nothing left anywhere."""

import re

import httpx
import pytest

from snowflake.linked_roles.sync import sync
from snowflake.protocol.browser import LOGIN_LIFETIME
from tests.linked_roles.world import (
    APPLICATION,
    PERSON,
    Roles,
    again_on,
    at_discord,
    from_discord,
    from_upstream,
    go,
    link,
    title_of,
    to_upstream,
)
from tests.running import Clock, Discord, Snowflake
from tests.upstream.provider import Provider

QUESTION = "Unlink your account?"


async def asked(snowflake: Snowflake, browser: httpx.AsyncClient | None = None) -> httpx.Response:
    """Walk to the question whether one is sure."""
    browser = browser or snowflake.browser
    return await from_discord(browser, await go(browser, "/linked-role/unlink"))


def note_on(page: httpx.Response) -> str:
    [note] = re.findall('name="note" value="([^"]*)"', page.text)
    return str(note)


async def confirm(browser: httpx.AsyncClient, note: str) -> httpx.Response:
    return await browser.post("/linked-role/unlink", data={"note": note})


async def unlink(snowflake: Snowflake) -> httpx.Response:
    return await confirm(snowflake.browser, note_on(await asked(snowflake)))


async def test_discord_is_asked_for_nothing_but_who_it_is(linking: Snowflake) -> None:
    sent = await go(linking.browser, "/linked-role/unlink")
    assert sent["scope"] == "identify"


async def test_the_person_is_asked_and_told_which_accounts(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    page = await asked(linking)
    assert title_of(page) == QUESTION
    for said in ("nelly", "ada.l", "Example Society"):
        assert f"<bdi>{said}</bdi>" in page.text
    policy = page.headers["content-security-policy"]
    assert "form-action" not in policy
    assert "default-src 'none'" in policy
    assert '<form method="post" action="/linked-role/unlink">' in page.text
    assert not roles.delete.called


async def test_a_yes_undoes_it_everywhere(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    page = await unlink(linking)
    assert (page.status_code, title_of(page)) == (200, "You have unlinked your account")
    assert roles.delete.call_count == 1
    assert provider.revocation.call_count == 1
    assert roles.revoke.call_count == 1
    assert await linking.state.store.links.find(PERSON) is None
    assert await linking.state.store.discord_tokens.find(APPLICATION, PERSON) is None


async def test_a_question_is_answered_once_soon_and_in_the_same_browser(
    linking: Snowflake, provider: Provider, roles: Roles, clock: Clock
) -> None:
    await link(linking, provider)
    note = note_on(await asked(linking))
    stranger = linking.another_browser()
    page = await confirm(stranger, note)
    assert title_of(page) == "This can't be finished here"
    assert again_on(page) == ["/linked-role/unlink"]
    clock.pass_by(LOGIN_LIFETIME + 1)
    assert title_of(await confirm(linking.browser, note)) == "That took a little too long"
    clock.pass_by(-LOGIN_LIFETIME - 1)
    assert (await confirm(linking.browser, note)).status_code == 200
    assert title_of(await confirm(linking.browser, note)) == "This step is over"
    assert roles.delete.call_count == 1


@pytest.mark.parametrize("note", ["", "abc", "gAAAAA"])
async def test_nobody_can_make_a_person_unlink(
    linking: Snowflake, provider: Provider, roles: Roles, note: str
) -> None:
    await link(linking, provider)
    assert title_of(await confirm(linking.browser, note)) == "We don't recognise this step"
    other = await go(linking.browser)
    assert title_of(await confirm(linking.browser, other["state"])) == (
        "We don't recognise this step"
    )
    page = await linking.browser.post("/linked-role/unlink", json={"note": note})
    assert title_of(page) == "We don't recognise this step"
    assert not roles.delete.called


async def test_whoever_is_not_linked_has_nothing_to_undo(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    page = await asked(linking)
    assert (page.status_code, title_of(page)) == (404, "You are not linked")
    assert again_on(page) == []
    assert await linking.state.store.discord_tokens.find(APPLICATION, PERSON) is None
    await link(linking, provider)
    note = note_on(await asked(linking))
    await linking.state.store.links.remove(PERSON)
    assert title_of(await confirm(linking.browser, note)) == "You are not linked"
    assert not roles.delete.called


async def test_a_cancelled_way_out_leads_to_its_own_beginning(linking: Snowflake) -> None:
    sent = await go(linking.browser, "/linked-role/unlink")
    page = await from_discord(linking.browser, sent, code=None, error="access_denied")
    assert title_of(page) == "You have cancelled"
    assert again_on(page) == ["/linked-role/unlink"]


async def test_while_discord_is_out_nothing_is_undone(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    note = note_on(await asked(linking))
    roles.delete.respond(500)
    page = await confirm(linking.browser, note)
    assert (page.status_code, title_of(page)) == (503, "This can't be done right now")
    assert await linking.state.store.links.find(PERSON) is not None
    assert not provider.revocation.called


async def test_a_narrower_pair_of_tokens_does_not_replace_the_one_that_can_undo_it(
    linking: Snowflake, provider: Provider, discord: Discord, roles: Roles
) -> None:
    await link(linking, provider)
    discord.grants("identify")
    await asked(linking)
    tokens = await linking.state.store.discord_tokens.find(APPLICATION, PERSON)
    assert tokens is not None
    assert "role_connections.write" in tokens.scopes


async def test_a_note_for_linking_does_not_unlink(linking: Snowflake, provider: Provider) -> None:
    await link(linking, provider)
    note = note_on(await asked(linking))
    sent = await to_upstream(linking.browser)
    page = await from_upstream(linking.browser, {**sent, "state": note})
    assert title_of(page) == "We don't recognise this step"


# Of a link that has ended, or was lost to another account.


async def test_an_ended_link_is_undone_at_discord_with_the_tokens_that_came_back(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    provider.token.respond(400, json={"error": "invalid_grant"})
    assert await sync(PERSON, linking.state) == "ended"
    page = await unlink(linking)
    assert title_of(page) == "You have unlinked your account"
    assert "Discord has forgotten" in page.text
    assert roles.delete.call_count == 1
    assert await linking.state.store.links.find(PERSON) is None


async def test_whoever_has_nothing_left_to_undo_it_with_goes_to_discord_once_more(
    linking: Snowflake, provider: Provider, discord: Discord, roles: Roles
) -> None:
    await link(linking, provider)
    provider.token.respond(400, json={"error": "invalid_grant"})
    await sync(PERSON, linking.state)
    await forget_tokens(linking)
    discord.grants("identify")
    again = at_discord(await asked(linking))
    assert again["scope"] == "identify role_connections.write"
    discord.grants("identify role_connections.write")
    question = await from_discord(linking.browser, again)
    assert title_of(question) == QUESTION
    page = await confirm(linking.browser, note_on(question))
    assert "Discord has forgotten" in page.text
    assert roles.delete.call_count == 1


async def test_whoever_does_not_allow_it_is_unlinked_here_and_told_the_rest(
    linking: Snowflake, provider: Provider, discord: Discord, roles: Roles
) -> None:
    await link(linking, provider)
    await forget_tokens(linking)
    discord.grants("identify")
    question = await from_discord(linking.browser, at_discord(await asked(linking)))
    page = await confirm(linking.browser, note_on(question))
    assert title_of(page) == "You have unlinked your account"
    assert "may still know" in page.text
    assert "Authorized Apps" in page.text
    assert not roles.delete.called
    assert await linking.state.store.links.find(PERSON) is None


async def test_a_lost_link_leaves_nothing_at_discord(
    linking: Snowflake, provider: Provider, discord: Discord, roles: Roles
) -> None:
    await link(linking, provider)
    discord.knows(id="197038439483310086")
    await link(linking, provider)
    assert roles.delete.call_count == 1
    # Roles go by what Discord is told last, and what it was told by the delete.
    assert [call.request.method for call in discord.calls][-2:] == ["PUT", "DELETE"]
    discord.knows()
    assert title_of(await asked(linking)) == "You are not linked"


async def test_a_lost_link_of_which_discord_could_not_forget_all_is_tried_again(
    linking: Snowflake, provider: Provider, discord: Discord, roles: Roles
) -> None:
    await link(linking, provider)
    discord.knows(id="197038439483310086")
    roles.delete.respond(500)
    await link(linking, provider)
    assert await linking.state.store.links.find(PERSON) is not None
    roles.delete.respond(204)
    assert await sync(PERSON, linking.state) == "ended"
    assert await linking.state.store.links.find(PERSON) is None


async def forget_tokens(linking: Snowflake) -> None:
    tokens = await linking.state.store.discord_tokens.find(APPLICATION, PERSON)
    assert tokens is not None
    await linking.state.store.discord_tokens.forget(tokens)
