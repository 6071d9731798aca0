"""Links that are kept true: what is asked, what is put, and what ends."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from snowflake.errors import OAuthError, TemporarilyUnavailable, UpstreamDown
from snowflake.linked_roles import background
from snowflake.linked_roles.background import MOST_FAILURES, NAME, RETRY_AFTER, Rounds, keeping_true
from snowflake.linked_roles.connecting import alone
from snowflake.linked_roles.sync import sync
from snowflake.settings import Settings
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.links import Link
from tests.linked_roles.world import (
    APPLICATION,
    BOT_TOKEN,
    METADATA,
    PERSON,
    WIDE,
    Roles,
    link,
    says,
    with_linked_roles,
)
from tests.running import NOW, Clock, Discord, Snowflake, running
from tests.upstream.provider import SUBJECT, TOKENS, Provider

HOURS = 3600
SCOPES = frozenset({"identify", "role_connections.write"})
REFUSED = httpx.Response(400, json={"error": "invalid_grant"})


async def fill(snowflake: Snowflake, number: int) -> list[str]:
    """Put so many linked people into the store, as if each had been synced just now."""
    people = [str(1000 + at) for at in range(number)]
    for person in people:
        linked = Link(
            person=person,
            application=APPLICATION,
            subject=f"subject-{person}",
            refresh_token=SecretStr(f"refresh-{person}"),
            claims={"sub": f"subject-{person}"},
            linked_at=NOW,
            synced_at=NOW,
            values={"member": "1", "since": "2999-12-31T00:00:00Z", "posts": "0"},
            username="ada.l",
        )
        await snowflake.state.store.links.take_over(linked, exclusive=True)
        await snowflake.state.store.discord_tokens.put(
            StoredTokens(
                application=APPLICATION,
                person=person,
                access_token=SecretStr(f"of-{person}"),
                refresh_token=SecretStr(f"discord-refresh-{person}"),
                scopes=SCOPES,
                expires_at=NOW + 30 * 24 * HOURS,
            )
        )
    return people


def know_everybody(provider: Provider, *changed: str) -> None:
    """Let the provider answer for whoever's refresh token it is; some are members no more."""

    def refresh(request: httpx.Request) -> httpx.Response:
        sent = dict(httpx.QueryParams(request.content.decode()))["refresh_token"]
        person = sent.removeprefix("refresh-")
        return httpx.Response(200, json={"access_token": f"at-{person}", "token_type": "bearer"})

    def userinfo(request: httpx.Request) -> httpx.Response:
        person = request.headers["authorization"].removeprefix("Bearer at-")
        groups = [] if person in changed else ["members"]
        said = {"sub": f"subject-{person}", "preferred_username": "ada.l", "groups": groups}
        return httpx.Response(200, json=said)

    provider.token.mock(side_effect=refresh)
    provider.userinfo.mock(side_effect=userinfo)


async def state_of_link(snowflake: Snowflake, person: str = PERSON) -> str | None:
    found = await snowflake.state.store.links.find(person)
    return found.state if found is not None else None


# One person.


async def test_who_is_the_same_is_not_told_of_again(
    linking: Snowflake, provider: Provider, roles: Roles, clock: Clock
) -> None:
    await link(linking, provider)
    clock.pass_by(HOURS)
    says(provider)
    assert await sync(PERSON, linking.state) == "unchanged"
    assert len(roles.told) == 1
    kept = await linking.state.store.links.find(PERSON)
    assert kept is not None
    assert (kept.synced_at, kept.linked_at) == (NOW + HOURS, NOW)


async def test_who_has_changed_is_told_of(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    says(provider, groups=[], preferred_username="ada.new")
    assert await sync(PERSON, linking.state) == "changed"
    assert roles.told[-1]["metadata"]["member"] == "0"
    assert roles.told[-1]["platform_username"] == "ada.new"
    assert await sync(PERSON, linking.state) == "unchanged"


async def test_the_new_refresh_token_is_kept_before_anything_can_fail(
    linking: Snowflake, provider: Provider
) -> None:
    await link(linking, provider)
    provider.gives(id_token=None, refresh_token="rotated")
    provider.userinfo.respond(503)
    with pytest.raises(UpstreamDown):
        await sync(PERSON, linking.state)
    kept = await linking.state.store.links.find(PERSON)
    assert kept is not None
    assert kept.refresh_token == SecretStr("rotated")
    says(provider)
    assert await sync(PERSON, linking.state) == "unchanged"
    assert provider.form["refresh_token"] == "rotated"


async def test_without_a_refresh_token_what_is_known_counts(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    provider.gives(refresh_token=None)
    await link(linking, provider)
    links = linking.state.store.links
    kept = await links.find(PERSON)
    assert kept is not None
    await links.save(replace(kept, refresh_token=None, values={}))
    asked = provider.token.call_count
    assert await sync(PERSON, linking.state) == "changed"
    assert provider.token.call_count == asked
    assert roles.told[-1] == roles.told[0]


async def test_who_is_gone_upstream_fulfils_nothing_any_more(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    provider.token.mock(return_value=REFUSED)
    assert await sync(PERSON, linking.state) == "ended"
    assert roles.told[-1]["metadata"] == {
        "member": "0",
        "since": "2999-12-31T00:00:00Z",
        "posts": "0",
    }
    assert await state_of_link(linking) == "ended"
    assert await sync(PERSON, linking.state) == "gone"


async def test_while_discord_does_not_hear_of_it_nobody_is_ended(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    await link(linking, provider)
    provider.token.mock(return_value=REFUSED)
    roles.put.mock(side_effect=None, return_value=httpx.Response(500))
    with pytest.raises(TemporarilyUnavailable):
        await sync(PERSON, linking.state)
    assert await state_of_link(linking) == "active"


@pytest.mark.parametrize(
    "says_no", [httpx.Response(401), httpx.Response(403, json={"code": 50026})]
)
async def test_who_has_removed_the_application_is_asked_about_no_more(
    linking: Snowflake,
    provider: Provider,
    roles: Roles,
    discord: Discord,
    says_no: httpx.Response,
) -> None:
    await link(linking, provider)
    discord.token.respond(400, json={"error": "invalid_grant"})
    roles.put.mock(side_effect=None, return_value=says_no)
    says(provider, groups=[])
    assert await sync(PERSON, linking.state) == "ended"
    assert await state_of_link(linking) == "ended"
    assert provider.revocation.call_count == 1


async def test_who_is_gone_at_both_sides_is_ended(
    linking: Snowflake, provider: Provider, roles: Roles, discord: Discord
) -> None:
    await link(linking, provider)
    tokens = await linking.state.store.discord_tokens.find(APPLICATION, PERSON)
    assert tokens is not None
    await linking.state.store.discord_tokens.forget(tokens)
    provider.token.mock(return_value=REFUSED)
    assert await sync(PERSON, linking.state) == "ended"
    assert len(roles.told) == 1


async def test_discords_token_is_renewed_before_its_end(
    linking: Snowflake, provider: Provider, roles: Roles, discord: Discord, clock: Clock
) -> None:
    await link(linking, provider)
    clock.pass_by(604800 - 30)
    discord.token.respond(json={**WIDE, "access_token": "another"})
    says(provider, groups=[])
    assert await sync(PERSON, linking.state) == "changed"
    assert roles.put.calls.last.request.headers["authorization"] == "Bearer another"


async def test_one_at_a_time_works_on_a_person(
    linking: Snowflake, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await link(linking, provider)
    monkeypatch.setattr("snowflake.linked_roles.connecting.PATIENCE", 0.0)
    async with alone(PERSON, linking.state):
        with pytest.raises(TemporarilyUnavailable):
            await sync(PERSON, linking.state)
    says(provider)
    assert await sync(PERSON, linking.state) == "unchanged"


async def test_nobody_is_synced_who_is_not_linked(linking: Snowflake) -> None:
    assert await sync("1", linking.state) == "gone"


# All of them.


async def test_only_who_has_changed_is_told_of(
    linking: Snowflake, provider: Provider, roles: Roles, clock: Clock
) -> None:
    people = await fill(linking, 30)
    know_everybody(provider, *people[::10])
    clock.pass_by(6 * HOURS + 1)
    await Rounds(linking.state).round()
    assert provider.token.call_count == 30
    assert len(roles.told) == 3
    await Rounds(linking.state).round()
    assert provider.token.call_count == 30


async def test_nobody_is_asked_about_too_early(
    linking: Snowflake, provider: Provider, clock: Clock
) -> None:
    await fill(linking, 2)
    clock.pass_by(6 * HOURS)
    await Rounds(linking.state).round()
    assert not provider.token.called


async def test_one_process_at_a_time_does_it(
    linking: Snowflake, provider: Provider, clock: Clock
) -> None:
    await fill(linking, 2)
    know_everybody(provider)
    clock.pass_by(7 * HOURS)
    leases = linking.state.store.leases
    holder = await leases.take(NAME, 60)
    assert holder is not None
    await Rounds(linking.state).round()
    assert not provider.token.called
    # Its process has died.
    clock.pass_by(61)
    await Rounds(linking.state).round()
    assert provider.token.call_count == 2
    assert not await leases.extend(NAME, holder, 60)


async def test_who_has_lost_the_lease_stops(
    linking: Snowflake, provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(linking, 2)
    know_everybody(provider)
    clock.pass_by(7 * HOURS)

    async def lost(*_: object) -> bool:
        return False

    monkeypatch.setattr(linking.state.store.leases, "extend", lost)
    await Rounds(linking.state).round()
    assert not provider.token.called


async def test_a_round_that_was_cut_off_goes_on_where_it_was(
    linking: Snowflake, provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(linking, 5)
    know_everybody(provider)
    clock.pass_by(7 * HOURS)
    rounds = Rounds(linking.state)
    done: list[str] = []

    async def until_two(person: str, state: Any) -> str:
        done.append(person)
        if len(done) == 2:
            rounds.ended.set()
        return await sync(person, state)

    monkeypatch.setattr(background, "sync", until_two)
    await rounds.round()
    assert len(done) == 2
    await Rounds(linking.state).round()
    assert sorted(done) == sorted(set(done))
    assert len(done) == 5


async def test_a_round_stops_when_it_fails_for_everybody(
    linking: Snowflake, provider: Provider, clock: Clock
) -> None:
    await fill(linking, 10)
    provider.token.respond(503)
    clock.pass_by(7 * HOURS)
    rounds = Rounds(linking.state)
    await rounds.round()
    assert provider.token.call_count == MOST_FAILURES
    know_everybody(provider)
    await rounds.round()
    # Those who have failed wait for a while, so that they do not keep the others out.
    assert len(await linking.state.store.links.due(NOW + 7 * HOURS, 20)) == MOST_FAILURES
    clock.pass_by(RETRY_AFTER)
    await rounds.round()
    assert await linking.state.store.links.due(NOW + 7 * HOURS, 20) == ()


async def test_one_who_fails_keeps_nobody_else_out(
    linking: Snowflake, provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await fill(linking, 4)
    know_everybody(provider)
    clock.pass_by(7 * HOURS)

    async def stumble(person: str, state: Any) -> str:
        if person == people[0]:
            raise KeyError(person)
        return await sync(person, state)

    monkeypatch.setattr(background, "sync", stumble)
    await Rounds(linking.state).round()
    [waiting] = await linking.state.store.links.due(NOW + 7 * HOURS, 20)
    assert waiting.person == people[0]


async def test_without_a_time_only_those_are_asked_about_who_are_hastened(
    settings: Settings, clock: Clock, discord: Discord, roles: Roles, provider: Provider
) -> None:
    never = with_linked_roles(settings, sync_every="0")
    async with running(never, clock, discord) as snowflake:
        people = await fill(snowflake, 3)
        know_everybody(provider)
        clock.pass_by(1000 * HOURS)
        await Rounds(snowflake.state).round()
        assert not provider.token.called
        await snowflake.state.store.links.hasten(f"subject-{people[1]}")
        for _ in range(2):
            await Rounds(snowflake.state).round()
        assert provider.token.call_count == 1


async def test_rounds_are_done_in_the_background_until_the_end(
    linking: Snowflake, provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = asyncio.Event()
    failures: list[Exception] = [KeyError("odd"), TemporarilyUnavailable("the store is slow")]

    async def round_(_: Rounds) -> None:
        if failures:
            raise failures.pop()
        done.set()

    monkeypatch.setattr(background, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(Rounds, "round", round_)
    async with keeping_true(linking.state):
        await asyncio.wait_for(done.wait(), 10)


async def test_without_linked_roles_nothing_is_done(snowflake: Snowflake) -> None:
    async with keeping_true(snowflake.state):
        assert len(asyncio.all_tasks()) >= 1


# What Discord has of the conditions.


async def with_bot(settings: Settings) -> Settings:
    return with_linked_roles(settings).model_copy(
        update={"discord_bot_token": SecretStr(BOT_TOKEN)}
    )


@pytest.mark.parametrize("there", [httpx.Response(200, json=[]), httpx.Response(401)])
async def test_the_start_warns_of_other_conditions_and_goes_on(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    roles: Roles,
    *,
    there: httpx.Response,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = asyncio.Event()
    discord.router.get(METADATA).mock(return_value=there)

    async def round_(_: Rounds) -> None:
        looked.set()

    monkeypatch.setattr(Rounds, "round", round_)
    async with running(await with_bot(settings), clock, discord) as snowflake:
        await asyncio.wait_for(looked.wait(), 10)
        # Another process that starts a moment later does not ask again.
        await Rounds(snowflake.state)._compare_schema()
        assert (await snowflake.browser.get("/health")).status_code == 200
    said = capsys.readouterr().out
    assert ("linked_roles_not_registered" in said) == (there.status_code == 200)
    assert said.count("added: member") <= 1
    assert BOT_TOKEN not in said


def test_the_errors_of_a_sync_are_those_that_a_round_expects() -> None:
    assert issubclass(TemporarilyUnavailable, OAuthError)
    assert SUBJECT not in TOKENS.values()
