"""Who may not sign in any more is out within ``watch``, and nobody else."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
import respx
from prometheus_client import REGISTRY
from pydantic import SecretStr
from structlog.testing import capture_logs

from snowflake.oidc.watch import rounds as module
from snowflake.oidc.watch.rounds import LEASE, NAME, Rounds
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from tests.login import code_for, sign_in
from tests.oidc.backchannel_logout.telling import TOLD_GRAFANA, TOLD_WIKI
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    GRAFANA,
    WIKI,
    enter,
    is_alive,
    keeping_sessions,
    refresh,
    refused,
    to_be_told,
    to_both,
    tokens_for,
)
from tests.running import DISCORD_API, GUILDS, USER, Clock, Discord, Snowflake
from tests.store.furniture import put_login

PERSON: Final = str(USER["id"])
BIRDS, API = (str(guild["id"]) for guild in GUILDS)
KEEPER: Final = "41771983423143936"
#: Seconds after which somebody is due, with the common interval.
DUE: Final = 225
MEMBER: Final = {"roles": [KEEPER], "joined_at": "2020-01-01T00:00:00Z", "flags": 0}
NO_MEMBER: Final[Mapping[str, Any]] = {"status_code": 404, "json": {"code": 10007}}
NOT_THERE: Final[Mapping[str, Any]] = {"status_code": 404, "json": {"code": 10004}}
#: Every way in which nothing certain is said.
UNCERTAIN: Final[Mapping[str, Mapping[str, Any]]] = {
    "an outage": {"status_code": 500},
    "a limit": {"status_code": 429, "json": {"retry_after": 60, "global": False}},
    "a refused bot": {"status_code": 401, "json": {"code": 0}},
    "a guild without the bot": NOT_THERE,
    "a forbidden guild": {"status_code": 403, "json": {"code": 50001}},
    "something odd": {"json": {"message": "hello"}},
    "an unsaid guest": {"json": {"roles": []}},
    "a page": {"text": "<html>"},
    "another 404": {"status_code": 404, "json": {"code": 0}},
    "nobody by that ID, without a code": {"status_code": 404, "text": ""},
}
GATED: Final = AccessTable(any_guild=(BIRDS,))


class Seen:
    """What the bot sees of people in Birds."""

    def __init__(self, discord: Discord) -> None:
        self._router = discord.router
        self.person = self.of(BIRDS, PERSON)

    def of(self, guild: str, person: str) -> respx.Route:
        url = f"{DISCORD_API}/guilds/{guild}/members/{person}"
        return self._router.get(url).respond(json=MEMBER)


@pytest.fixture
def seen(discord: Discord) -> Seen:
    return Seen(discord)


@pytest.fixture(autouse=True)
def _rounds_when_a_test_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOKS", 0.001)
    monkeypatch.setattr(module, "LONGEST_REST", 3600.0)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Add a bot."""
    return settings.model_copy(update={"discord_bot_token": SecretStr("bot-token")})


@pytest.fixture
async def snowflake(
    settings: Settings, clock: Clock, discord: Discord, seen: Seen
) -> AsyncIterator[Snowflake]:
    """Run a Snowflake with a common gate, and one for keepers before the wiki."""
    keepers = AccessTable(any_guild=(BIRDS,), any_role=(KEEPER,))
    wiki = TOLD_WIKI.model_copy(update={"access": keepers})
    async with keeping_sessions(
        settings, clock, discord, TOLD_GRAFANA, wiki, access=GATED
    ) as running:
        yield running


async def look_again(snowflake: Snowflake, after: float = DUE) -> None:
    """Take up whoever is new, let time pass, and do a round."""
    rounds = Rounds(snowflake.state)
    await rounds.round()
    snowflake.clock.pass_by(after)
    await rounds.round()
    await end(rounds, snowflake)


async def end(rounds: Rounds, snowflake: Snowflake) -> None:
    rounds.ended.set()
    await rounds.work()
    assert await snowflake.state.store.leases.take("another", 1)


async def test_out_of_the_guild_out_of_every_application(snowflake: Snowflake, seen: Seen) -> None:
    tokens = await to_both(snowflake)
    seen.person.respond(**NO_MEMBER)
    with capture_logs() as logs:
        await look_again(snowflake)
    for client, one in zip((AS_GRAFANA, AS_WIKI), tokens, strict=True):
        assert not await is_alive(snowflake.browser, one)
        assert (await refresh(snowflake.browser, client, one))["error"] == "invalid_grant"
        assert await refused(snowflake.browser, client) == "login_required"
    assert await to_be_told(snowflake) == ["grafana", "wiki"]
    away = {log["client"]: log["conditions"] for log in logs if log["event"] == "watch"}
    assert away == {"grafana": "any_guild", "wiki": "any_guild, any_role"}


async def test_whoever_passes_keeps_everything(snowflake: Snowflake, seen: Seen) -> None:
    tokens = await to_both(snowflake)
    await look_again(snowflake)
    for one in tokens:
        assert await is_alive(snowflake.browser, one)
    assert await to_be_told(snowflake) == []


async def test_a_gate_of_one_client_ends_what_that_client_has(
    snowflake: Snowflake, seen: Seen
) -> None:
    grafana, wiki = await to_both(snowflake)
    seen.person.respond(json={**MEMBER, "roles": []})
    await look_again(snowflake)
    assert not await is_alive(snowflake.browser, wiki)
    assert await is_alive(snowflake.browser, grafana)
    assert await to_be_told(snowflake) == ["wiki"]
    assert await enter(snowflake.browser, AS_GRAFANA)


async def test_one_lookup_serves_all_clients(snowflake: Snowflake, seen: Seen) -> None:
    await to_both(snowflake)
    before = seen.person.call_count
    await look_again(snowflake, DUE - 1)
    assert seen.person.call_count == before
    await look_again(snowflake, 1)
    assert seen.person.call_count == before + 1


async def test_what_a_refresh_has_just_asked_is_not_asked_again(
    snowflake: Snowflake, seen: Seen
) -> None:
    grafana, _ = await to_both(snowflake)
    await look_again(snowflake, DUE - 100)
    await refresh(snowflake.browser, AS_GRAFANA, grafana)
    before = seen.person.call_count
    await look_again(snowflake, 100)
    assert seen.person.call_count == before
    # But they are due as long after that as after a look.
    await look_again(snowflake, DUE - 100)
    assert seen.person.call_count == before + 1


async def test_a_login_shortly_after_a_look_need_not_ask(
    settings: Settings, clock: Clock, discord: Discord, seen: Seen
) -> None:
    shown = settings.model_copy(update={"name_from_guild": BIRDS})
    gated = WIKI.model_copy(update={"access": GATED})
    open_grafana = GRAFANA.model_copy(update={"access": AccessTable()})
    async with keeping_sessions(shown, clock, discord, open_grafana, gated) as snowflake:
        await tokens_for(snowflake.browser, AS_WIKI, await code_for(snowflake.browser, **AS_WIKI))
        await look_again(snowflake)
        before = seen.person.call_count
        await enter(snowflake.browser, AS_GRAFANA, scope="openid profile")
        assert seen.person.call_count == before


@pytest.mark.parametrize("answer", UNCERTAIN)
async def test_what_is_uncertain_ends_nothing(
    snowflake: Snowflake, seen: Seen, answer: str
) -> None:
    await to_both(snowflake)
    known = REGISTRY.get_sample_value("snowflake_watched_people_total", {"outcome": "postponed"})
    seen.person.respond(**UNCERTAIN[answer])
    await look_again(snowflake)
    now = REGISTRY.get_sample_value("snowflake_watched_people_total", {"outcome": "postponed"})
    assert now == (known or 0) + 1
    kept = await snowflake.state.store.people.kept(PERSON)
    assert {grant.client_id for grant in kept.grants} == {"grafana", "wiki"}
    assert len(kept.sessions) == 1
    assert await to_be_told(snowflake) == []


async def test_an_address_that_does_not_answer_ends_nothing(
    snowflake: Snowflake, seen: Seen
) -> None:
    await to_both(snowflake)
    seen.person.mock(side_effect=httpx.ConnectTimeout("nobody there"))
    with capture_logs() as logs:
        await look_again(snowflake)
    assert [log["event"] for log in logs].count("watch_postponed") == 1
    assert len((await snowflake.state.store.people.kept(PERSON)).grants) == 2


async def test_after_an_outage_the_others_turns_come_first(
    snowflake: Snowflake, seen: Seen, clock: Clock
) -> None:
    others = [f"9035111022467891{number}" for number in range(5)]
    routes = [seen.of(BIRDS, person) for person in others]
    for person, route in zip(others, routes, strict=True):
        await put_login(snowflake.state.store, f"code of {person}", person)
        route.respond(500)
    rounds = Rounds(snowflake.state)
    await rounds.round()
    clock.pass_by(DUE)
    await rounds.round()
    # Some are asked at the same time, and then nobody is for now.
    assert [route.called for route in routes] == [True] * 4 + [False]
    for route in routes:
        route.respond(**NO_MEMBER)
    await rounds.round()
    assert [await grants_of(person, snowflake) for person in others] == [1] * 4 + [0]
    clock.pass_by(DUE)
    await rounds.round()
    assert [await grants_of(person, snowflake) for person in others] == [0] * 5
    await end(rounds, snowflake)


async def grants_of(person: str, snowflake: Snowflake) -> int:
    return len((await snowflake.state.store.people.kept(person)).grants)


async def test_a_guild_without_the_bot_keeps_nobody_else_waiting(
    settings: Settings, clock: Clock, discord: Discord, seen: Seen
) -> None:
    seen.of(API, PERSON)
    gated = WIKI.model_copy(update={"access": AccessTable(any_guild=(API,))})
    async with keeping_sessions(
        settings, clock, discord, TOLD_GRAFANA, gated, access=GATED
    ) as snowflake:
        await to_both(snowflake)
        seen.of(API, PERSON).respond(**NOT_THERE)
        seen.person.respond(**NO_MEMBER)
        await look_again(snowflake)
        # The session has ended, but not what goes on without it.
        assert await to_be_told(snowflake) == ["grafana"]
        kept = await snowflake.state.store.people.kept(PERSON)
        assert [grant.client_id for grant in kept.grants] == ["wiki"]


async def test_a_discord_application_loses_its_grants_too(snowflake: Snowflake, seen: Seen) -> None:
    tokens = await sign_in(snowflake.browser)
    seen.person.respond(**NO_MEMBER)
    await look_again(snowflake)
    assert not await is_alive(snowflake.browser, tokens)
    assert await grants_of(PERSON, snowflake) == 0


async def test_a_grant_that_outlived_its_session_ends(snowflake: Snowflake, seen: Seen) -> None:
    grafana, _ = await to_both(snowflake)
    snowflake.clock.pass_by(12 * 3600)
    seen.person.respond(**NO_MEMBER)
    await look_again(snowflake)
    assert (await refresh(snowflake.browser, AS_GRAFANA, grafana))["error"] == "invalid_grant"
    # The session has ended by its age, which is no logout.
    assert await to_be_told(snowflake) == []


async def test_what_came_by_another_discord_application_is_not_looked_at(
    snowflake: Snowflake, seen: Seen
) -> None:
    await to_both(snowflake)
    asked = seen.person.call_count
    other = snowflake.settings.model_copy(update={"discord_client_id": "1056005449054429000"})
    snowflake.state.use(other)
    await look_again(snowflake)
    assert seen.person.call_count == asked
    assert await to_be_told(snowflake) == []


async def test_what_only_their_own_token_tells_is_left_to_the_refresh(
    settings: Settings, clock: Clock, discord: Discord, seen: Seen
) -> None:
    discord.knows(mfa_enabled=True)
    access = AccessTable(two_factor=True, verified_email=True, any_guild=(BIRDS,))
    async with keeping_sessions(settings, clock, discord, access=access) as snowflake:
        discord.grants("identify email")
        tokens = await to_both(snowflake)
        discord.knows(mfa_enabled=False)
        await look_again(snowflake)
        assert await grants_of(PERSON, snowflake) == len(tokens)


async def test_a_changed_list_of_people_needs_no_lookup(
    settings: Settings, clock: Clock, discord: Discord, seen: Seen
) -> None:
    access = AccessTable(no_people=("1",))
    async with keeping_sessions(settings, clock, discord, access=access) as snowflake:
        await to_both(snowflake)
        changed = AccessTable(no_people=("1", PERSON))
        snowflake.state.use(snowflake.settings.model_copy(update={"access": changed}))
        await look_again(snowflake)
        assert await grants_of(PERSON, snowflake) == 0
        assert not seen.person.called


async def test_lists_hold_even_where_the_guilds_cannot_be_seen(
    snowflake: Snowflake, seen: Seen
) -> None:
    await to_both(snowflake)
    changed = AccessTable(any_guild=(BIRDS,), no_people=(PERSON,))
    snowflake.state.use(snowflake.settings.model_copy(update={"access": changed}))
    seen.person.respond(500)
    await look_again(snowflake)
    # The wiki has a gate of its own, but the session has ended.
    kept = await snowflake.state.store.people.kept(PERSON)
    assert [grant.client_id for grant in kept.grants] == ["wiki"]
    assert await to_be_told(snowflake) == ["grafana", "wiki"]


@pytest.mark.parametrize("watch", [timedelta(0), None])
async def test_without_watch_or_a_bot_nobody_is_looked_at(
    settings: Settings, clock: Clock, discord: Discord, seen: Seen, watch: timedelta | None
) -> None:
    access = GATED
    if watch is None:
        settings = settings.model_copy(update={"discord_bot_token": None})
        discord.grants("identify guilds")
    else:
        access = access.model_copy(update={"watch": watch})
    async with keeping_sessions(settings, clock, discord, access=access) as snowflake:
        await to_both(snowflake)
        before = seen.person.call_count
        seen.person.respond(**NO_MEMBER)
        await look_again(snowflake, 3600)
        assert seen.person.call_count == before
        assert await grants_of(PERSON, snowflake) == 2


async def test_a_guild_that_is_asked_less_often_makes_nobody_come_sooner(
    settings: Settings, clock: Clock, discord: Discord, seen: Seen
) -> None:
    seldom = AccessTable(any_guild=(API,), watch=timedelta(hours=1))
    often = AccessTable(any_guild=(BIRDS,), watch=timedelta(seconds=20))
    api = seen.of(API, PERSON)
    wiki = WIKI.model_copy(update={"access": seldom})
    async with keeping_sessions(settings, clock, discord, GRAFANA, wiki, access=often) as snowflake:
        await to_both(snowflake)
        before, api_before = seen.person.call_count, api.call_count
        for _ in range(4):
            await look_again(snowflake, 15)
        # The login of a minute ago still tells of that guild.
        assert seen.person.call_count == before + 4
        assert api.call_count == api_before
        api.respond(**NO_MEMBER)
        await look_again(snowflake, 1800)
        assert api.call_count == api_before + 1
        kept = await snowflake.state.store.people.kept(PERSON)
        assert [grant.client_id for grant in kept.grants] == ["grafana"]


async def test_one_process_at_a_time_looks(snowflake: Snowflake, seen: Seen, clock: Clock) -> None:
    await to_both(snowflake)
    one, another = Rounds(snowflake.state), Rounds(snowflake.state)
    await one.round()
    clock.pass_by(LEASE - 1)
    await one.round()
    clock.pass_by(LEASE - 1)
    before = seen.person.call_count
    await another.round()
    assert await snowflake.state.store.leases.take(NAME, 1) is None
    # It has died meanwhile, and says nothing any more.
    clock.pass_by(DUE)
    await another.round()
    assert seen.person.call_count == before + 1
    await one.round()
    assert seen.person.call_count == before + 1
    await end(another, snowflake)
    assert await snowflake.state.store.leases.take(NAME, 1)


async def test_whoever_has_just_been_looked_at_is_not_looked_at_by_the_next_process(
    snowflake: Snowflake, seen: Seen
) -> None:
    await to_both(snowflake)
    await look_again(snowflake)
    before = seen.person.call_count
    await look_again(snowflake, 10)
    assert seen.person.call_count == before


async def test_a_fault_in_one_round_is_logged_and_the_next_one_comes(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, done = Rounds(snowflake.state), 0

    async def fail() -> None:
        nonlocal done
        done += 1
        if done == 2:
            rounds.ended.set()
        raise ZeroDivisionError

    monkeypatch.setattr(module, "LONGEST_REST", 0.0)
    monkeypatch.setattr(rounds, "round", fail)
    with capture_logs() as logs:
        await rounds.work()
    assert [log["event"] for log in logs] == ["unexpected_error"] * 2
