"""Links that are kept true: what is asked, what is put, and what ends."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import update

from snowflake.errors import OAuthError, TemporarilyUnavailable, UpstreamDown
from snowflake.linked_roles import background
from snowflake.linked_roles.background import NAME, RETRY_AFTER, Rounds, keeping_true
from snowflake.linked_roles.everybody import MOST_FAILURES
from snowflake.linked_roles.sync import MOST_REFUSALS, Refusals, sync
from snowflake.settings import Settings
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.schema import links
from tests.linked_roles.links import linked
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
        values = {"member": "1", "since": "2999-12-31T00:00:00Z", "posts": "-2147483648"}
        token = SecretStr(f"refresh-{person}")
        kept = linked(person, refresh_token=token, values=values)
        await snowflake.state.store.links.take_over(kept, exclusive=True)
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
    kept = await linking.state.store.links.find(PERSON)
    assert kept is not None
    await linking.state.store.links.save(replace(kept, refresh_token=None, values={}))
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
        "posts": "-2147483648",
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


async def test_nobody_is_synced_who_is_not_linked(linking: Snowflake) -> None:
    assert await sync("1", linking.state) == "gone"


async def test_a_refusal_after_a_lost_answer_is_logged_as_that(
    linking: Snowflake, provider: Provider, roles: Roles, capsys: pytest.CaptureFixture[str]
) -> None:
    await link(linking, provider)
    provider.token.mock(side_effect=httpx.ReadTimeout("late"))
    with pytest.raises(UpstreamDown):
        await sync(PERSON, linking.state)
    provider.token.mock(side_effect=None, return_value=REFUSED)
    assert await sync(PERSON, linking.state) == "ended"
    assert "link_ended_by_lost_answer" in capsys.readouterr().out
    assert roles.told[-1]["metadata"]["member"] == "0"
    ended = await linking.state.store.links.find(PERSON)
    assert ended is not None
    assert (ended.refresh_token, ended.claims, ended.values["member"]) == (None, {}, "0")


async def test_no_answer_is_lost_where_it_was_not_the_token_endpoint_that_failed(
    linking: Snowflake, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    await link(linking, provider)
    provider.gives(id_token=None)
    provider.userinfo.respond(503)
    with pytest.raises(UpstreamDown):
        await sync(PERSON, linking.state)
    provider.token.mock(return_value=REFUSED)
    assert await sync(PERSON, linking.state) == "ended"
    assert "link_ended_by_lost_answer" not in capsys.readouterr().out


async def test_discords_pair_is_renewed_a_day_before_its_end(
    linking: Snowflake, provider: Provider, roles: Roles, discord: Discord, clock: Clock
) -> None:
    await link(linking, provider)
    clock.pass_by(604800 - 23 * HOURS)
    discord.token.respond(json={**WIDE, "access_token": "another"})
    says(provider)
    assert await sync(PERSON, linking.state) == "unchanged"
    tokens = await linking.state.store.discord_tokens.find(APPLICATION, PERSON)
    assert tokens is not None
    assert tokens.access_token == SecretStr("another")


async def test_a_pair_that_is_renewed_no_more_has_a_last_word(
    linking: Snowflake, provider: Provider, roles: Roles, discord: Discord, clock: Clock
) -> None:
    await link(linking, provider)
    clock.pass_by(604800 - 23 * HOURS)
    discord.token.respond(400, json={"error": "invalid_grant"})
    says(provider)
    assert await sync(PERSON, linking.state) == "ended"
    assert roles.told[-1]["metadata"]["member"] == "0"
    assert provider.revocation.call_count == 1


async def test_a_role_that_may_still_be_held_is_warned_of(
    linking: Snowflake,
    provider: Provider,
    discord: Discord,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await link(linking, provider)
    clock.pass_by(604800 + 1)
    discord.token.respond(400, json={"error": "invalid_grant"})
    says(provider, groups=[])
    assert await sync(PERSON, linking.state) == "ended"
    assert provider.revocation.call_count == 1
    assert "role_may_be_held" in capsys.readouterr().out
    ended = await linking.state.store.links.find(PERSON)
    assert ended is not None
    assert ended.values["member"] == "1"


async def test_nothing_of_a_link_with_another_provider_is_sent_to_this_one(
    linking: Snowflake, provider: Provider, roles: Roles, capsys: pytest.CaptureFixture[str]
) -> None:
    people = await fill(linking, 2)
    for person in people:
        found = await linking.state.store.links.find(person)
        assert found is not None
        other = replace(found, issuer="https://before.example.com", synced_at=0)
        await linking.state.store.links.keep(other)
    await Rounds(linking.state).round()
    assert not provider.token.called
    assert capsys.readouterr().out.count("links_of_another_issuer") == 1
    assert await sync(people[0], linking.state) == "elsewhere"
    assert await state_of_link(linking, people[0]) == "active"


async def test_who_is_synced_since_is_left_alone(linking: Snowflake, provider: Provider) -> None:
    [person] = await fill(linking, 1)
    assert await sync(person, linking.state, seen=NOW - 1) == "recent"
    assert not provider.token.called


async def test_a_lost_link_whose_role_may_be_held_stays_to_be_listed(
    linking: Snowflake, provider: Provider, roles: Roles, clock: Clock
) -> None:
    [person] = await fill(linking, 1)
    found = await linking.state.store.links.find(person)
    assert found is not None
    await linking.state.store.links.take_over(replace(found, person="9"), exclusive=True)
    tokens = await linking.state.store.discord_tokens.find(APPLICATION, person)
    assert tokens is not None
    await linking.state.store.discord_tokens.forget(tokens)
    assert await sync(person, linking.state) == "ended"
    assert await state_of_link(linking, person) == "ended"


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

    async def until_two(person: str, state: Any, _: Refusals) -> str:
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
    assert len(await linking.state.store.links.due(NOW + 7 * HOURS, 2**40, 20)) == MOST_FAILURES
    clock.pass_by(RETRY_AFTER)
    await rounds.round()
    assert await linking.state.store.links.due(NOW + 7 * HOURS, 2**40, 20) == ()


async def test_one_who_fails_keeps_nobody_else_out(
    linking: Snowflake, provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await fill(linking, 4)
    know_everybody(provider)
    clock.pass_by(7 * HOURS)

    async def stumble(person: str, state: Any, _: Refusals) -> str:
        if person == people[0]:
            raise KeyError(person)
        return await sync(person, state)

    monkeypatch.setattr(background, "sync", stumble)
    await Rounds(linking.state).round()
    waiting = await linking.state.store.links.due(NOW + 7 * HOURS, 2**40, 20)
    assert waiting == (people[0],)


async def test_a_provider_that_refuses_everybody_ends_few(
    linking: Snowflake,
    provider: Provider,
    roles: Roles,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    people = await fill(linking, 10)
    provider.token.mock(return_value=REFUSED)
    clock.pass_by(7 * HOURS)
    rounds = Rounds(linking.state)
    for _ in range(3):
        await rounds.round()
    states = [await state_of_link(linking, person) for person in people]
    assert states.count("ended") == len(roles.told) == MOST_REFUSALS
    assert "upstream_refuses_everybody" in capsys.readouterr().out
    # It knows them again.
    know_everybody(provider)
    clock.pass_by(RETRY_AFTER)
    await rounds.round()
    assert await linking.state.store.links.due(NOW + 7 * HOURS, 2**40, 20) == ()
    states = [await state_of_link(linking, person) for person in people]
    assert states.count("ended") == MOST_REFUSALS


async def test_people_who_fail_each_time_do_not_keep_the_others_out(
    linking: Snowflake, provider: Provider, clock: Clock
) -> None:
    people = await fill(linking, 30)
    know_everybody(provider)

    def userinfo(request: httpx.Request) -> httpx.Response:
        person = request.headers["authorization"].removeprefix("Bearer at-")
        said = {"sub": f"subject-{person}", "preferred_username": "ada.l", "groups": ["members"]}
        return httpx.Response(403 if person in people[:25] else 200, json=said)

    provider.userinfo.mock(side_effect=userinfo)
    clock.pass_by(7 * HOURS)
    await Rounds(linking.state).round()
    waiting = await linking.state.store.links.due(NOW + 7 * HOURS, 2**40, 30)
    assert waiting == tuple(people[:25])
    # Not even after a restart.
    asked = provider.token.call_count
    await Rounds(linking.state).round()
    assert provider.token.call_count == asked


async def test_a_row_that_cannot_be_read_keeps_nobody_else_out(
    linking: Snowflake, provider: Provider, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    people = await fill(linking, 3)
    know_everybody(provider)
    damage = update(links).where(links.c.person == people[0]).values(sealed="damaged")
    await linking.state.store.database.write(lambda c: c.execute(damage))
    clock.pass_by(7 * HOURS)
    await Rounds(linking.state).round()
    waiting = await linking.state.store.links.due(NOW + 7 * HOURS, 2**40, 20)
    assert waiting == (people[0],)
    assert "link_sync_failed" in capsys.readouterr().out


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
        assert (await snowflake.browser.get("/health")).status_code == 200
    said = capsys.readouterr().out
    assert ("linked_roles_not_registered" in said) == (there.status_code == 200)
    assert said.count("added: member") <= 1
    assert BOT_TOKEN not in said


async def idle(_: Rounds) -> None:
    """Do nothing in the background."""


async def test_conditions_are_compared_again_after_a_restart_or_an_outage(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Rounds, "work", idle)
    asked = discord.router.get(METADATA).mock(return_value=httpx.Response(500))
    async with running(await with_bot(settings), clock, discord) as snowflake:
        rounds = Rounds(snowflake.state)
        with pytest.raises(TemporarilyUnavailable):
            await rounds.compare_schema()
        asked.mock(return_value=httpx.Response(200, json=[]))
        calls = asked.call_count
        await rounds.compare_schema()
        assert asked.call_count == calls
        clock.pass_by(RETRY_AFTER)
        capsys.readouterr()
        for one in (rounds, rounds, Rounds(snowflake.state)):
            await one.compare_schema()
    assert capsys.readouterr().out.count("linked_roles_not_registered") == 2


async def test_one_process_of_many_that_start_compares(
    settings: Settings, clock: Clock, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rounds, "work", idle)
    asked = discord.router.get(METADATA).mock(return_value=httpx.Response(200, json=[]))
    async with running(await with_bot(settings), clock, discord) as snowflake:
        first, second = Rounds(snowflake.state), Rounds(snowflake.state)
        await asyncio.gather(first.compare_schema(), second.compare_schema())
    assert asked.call_count == 1


async def test_without_a_bot_it_is_said_once_that_nothing_is_compared(
    linking: Snowflake, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = Rounds(linking.state)
    for _ in range(2):
        await rounds.compare_schema()
    assert capsys.readouterr().out.count("linked_roles_not_compared") == 1


def test_the_errors_of_a_sync_are_those_that_a_round_expects() -> None:
    assert issubclass(TemporarilyUnavailable, OAuthError)
    assert SUBJECT not in TOKENS.values()
