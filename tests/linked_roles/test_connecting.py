"""What is kept while nobody knows whether Discord was told."""

import httpx
import pytest
from pydantic import SecretStr

from snowflake.errors import DiscordDown, TemporarilyUnavailable
from snowflake.linked_roles.background import Rounds
from snowflake.linked_roles.sync import sync
from snowflake.store.link import Link
from snowflake.store.links import Links
from tests.linked_roles.world import (
    PERSON,
    Roles,
    from_upstream,
    link,
    says,
    title_of,
    to_upstream,
)
from tests.running import Clock, Snowflake
from tests.upstream.provider import CLAIMS, SUBJECT, Provider, signed

NOTHING = "0"


async def kept(snowflake: Snowflake) -> Link | None:
    return await snowflake.state.store.links.find(PERSON)


def loses_answers(roles: Roles) -> None:
    roles.put.mock(side_effect=None, return_value=httpx.Response(502))


def works_again(roles: Roles) -> None:
    roles.put.mock(side_effect=None, return_value=httpx.Response(200, json={}))


async def test_what_discord_may_have_taken_is_taken_back(
    linking: Snowflake, provider: Provider, roles: Roles, clock: Clock
) -> None:
    loses_answers(roles)
    assert (await link(linking, provider)).status_code == 503
    pending = await kept(linking)
    assert pending is not None
    assert (pending.state, pending.values) == ("pending", {})
    assert provider.revocation.call_count == 1
    works_again(roles)
    # Not before it is over.
    asked = roles.put.call_count
    await Rounds(linking.state).round()
    assert roles.put.call_count == asked
    clock.pass_by(pending.retry_at - pending.linked_at)
    await Rounds(linking.state).round()
    assert roles.told[-1]["metadata"]["member"] == NOTHING
    assert await kept(linking) is None


async def test_whoever_starts_again_is_linked(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    loses_answers(roles)
    await link(linking, provider)
    works_again(roles)
    page = await link(linking, provider)
    assert title_of(page) == "You are linked"
    assert "kept up to date" not in page.text
    now = await kept(linking)
    assert now is not None
    assert (now.state, now.values["member"]) == ("active", "1")


async def test_whoever_was_linked_before_stays_so_and_discord_is_told_again(
    linking: Snowflake,
    provider: Provider,
    roles: Roles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await link(linking, provider)
    sent = await to_upstream(linking.browser)
    says(provider, sent["nonce"], sub="another", groups=[])

    async def fail(*_: object, **__: object) -> None:
        raise TemporarilyUnavailable("the store is away")

    original, keep = Links.take_over, Links.keep
    with monkeypatch.context() as patch:
        patch.setattr(Links, "take_over", fail)

        async def keep_all_the_same(links: Links, one: Link) -> None:
            patch.setattr(Links, "take_over", original)
            await keep(links, one)
            patch.setattr(Links, "take_over", fail)

        patch.setattr(Links, "keep", keep_all_the_same)
        page = await from_upstream(linking.browser, sent)
    assert page.status_code == 503
    assert roles.told[-1]["metadata"]["member"] == "0"
    before = await kept(linking)
    assert before is not None
    assert (before.subject, before.state, before.values) == (SUBJECT, "active", {})
    says(provider)
    assert await sync(PERSON, linking.state) == "changed"
    assert roles.told[-1]["metadata"]["member"] == "1"


async def test_whoever_was_linked_before_has_the_same_link_if_discord_refuses(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    before = await kept(linking)
    assert before is not None
    roles.put.mock(side_effect=None, return_value=httpx.Response(400, json={"code": 50035}))
    await link(linking, provider, sub="another")
    after = await kept(linking)
    assert after is not None
    assert (after.subject, after.values, after.synced_at) == (SUBJECT, before.values, 0)


async def test_while_discord_is_known_to_be_out_nothing_is_begun(
    linking: Snowflake, provider: Provider, roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await to_upstream(linking.browser)
    says(provider, sent["nonce"])

    def out() -> None:
        raise DiscordDown("Discord is out")

    monkeypatch.setattr(linking.state.discord, "check_is_up", out)
    assert (await from_upstream(linking.browser, sent)).status_code == 503
    assert not roles.put.called
    assert await kept(linking) is None


async def test_a_link_without_a_refresh_token_is_warned_of(
    linking: Snowflake, provider: Provider, roles: Roles, capsys: pytest.CaptureFixture[str]
) -> None:
    provider.says(scopes_supported=["openid", "profile"])
    sent = await to_upstream(linking.browser)
    says(provider, sent["nonce"])
    id_token = signed({**CLAIMS, "nonce": sent["nonce"]})
    provider.gives(refresh_token=None, id_token=id_token)
    page = await from_upstream(linking.browser, sent)
    assert title_of(page) == "You are linked"
    assert "will not be kept up to date" in page.text
    assert "link_without_refresh_token" in capsys.readouterr().out
    assert await sync(PERSON, linking.state) == "unasked"


async def test_the_newest_refresh_token_of_an_account_is_kept_whatever_happens(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    for answer in (httpx.Response(502), httpx.Response(400, json={"code": 50035})):
        roles.put.mock(side_effect=None, return_value=answer)
        sent = await to_upstream(linking.browser)
        says(provider, sent["nonce"])
        id_token = signed({**CLAIMS, "nonce": sent["nonce"]})
        newest = f"newest-{answer.status_code}"
        provider.gives(refresh_token=newest, id_token=id_token)
        await from_upstream(linking.browser, sent)
        now = await kept(linking)
        assert now is not None
        assert (now.state, now.refresh_token) == ("active", SecretStr(newest))
    assert not provider.revocation.called


async def test_an_ended_link_is_as_it_was_if_discord_refuses(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    before = await kept(linking)
    assert before is not None
    await linking.state.store.links.end(before)
    roles.put.mock(side_effect=None, return_value=httpx.Response(400, json={"code": 50035}))
    await link(linking, provider, sub="another")
    after = await kept(linking)
    assert after is not None
    assert (after.state, after.subject) == ("ended", SUBJECT)
