"""Every failure of Discord at every call: what is asked again, and what is made of it."""

import asyncio
import random

import httpx
import pytest
from prometheus_client import REGISTRY

from snowflake.concurrency.deadline import deadline
from snowflake.discord.circuit_breaker import FAILURES, FIRST_PAUSE
from snowflake.discord.client import DiscordClient
from snowflake.discord.sending import LEAST, PAUSE, TRIES
from snowflake.errors import DiscordDown, InvalidClient, InvalidGrant, TemporarilyUnavailable
from tests.clocks import Times, pass_by, settle
from tests.discord.calls import (
    CALLS,
    GOOD,
    ONCE,
    READS,
    TOKEN,
    exchange,
    limited,
    page,
    route_of,
)
from tests.discord.conftest import REPOSITORY
from tests.running import DISCORD_API, GATEWAY, USER, Discord

every_call = pytest.mark.parametrize("name", CALLS)
#: Calls in whose body is what a stranger may have chosen.
SUSPECT = [*ONCE, "revoke"]

NEVER_ARRIVED: dict[str, Exception] = {
    "refused": httpx.ConnectError("refused"),
    "no connection in time": httpx.ConnectTimeout("slow"),
    "no proxy": httpx.ProxyError("gone"),
}
DROPPED: dict[str, Exception | httpx.Response] = {
    "reset": httpx.ReadError("reset"),
    "truncated": httpx.RemoteProtocolError("peer closed connection"),
    "no answer in time": httpx.ReadTimeout("slow"),
    "not written in time": httpx.WriteTimeout("slow"),
    "502": page(502),
    "503": page(503),
    "504": page(504),
    "cut off": httpx.Response(200, content=b'{"id": "8'),
    "a page": page(200),
}
FINAL: dict[str, httpx.Response] = {
    "500": page(500),
    "blocked": page(403),
    "missing access": httpx.Response(403, json={"code": 50001}),
    "no such route": httpx.Response(404, json={"code": 0}),
    "another shape": httpx.Response(200, json={"message": "hello"}),
}


@every_call
@pytest.mark.parametrize("failure", NEVER_ARRIVED)
async def test_what_never_arrived_is_sent_again(
    client: DiscordClient, discord: Discord, name: str, failure: str
) -> None:
    route = route_of(discord, name)
    good = httpx.Response(200, json=GOOD[name])
    route.mock(side_effect=[NEVER_ARRIVED[failure], NEVER_ARRIVED[failure], good])
    await CALLS[name](client)
    assert route.call_count == 3


@pytest.mark.parametrize("name", [name for name in CALLS if name not in ONCE])
@pytest.mark.parametrize("failure", DROPPED)
async def test_what_changes_nothing_is_sent_again(
    client: DiscordClient, discord: Discord, name: str, failure: str
) -> None:
    route = route_of(discord, name)
    good = httpx.Response(200, json=GOOD[name])
    route.mock(side_effect=[DROPPED[failure], DROPPED[failure], good])
    await CALLS[name](client)
    assert route.call_count == 3


@pytest.mark.parametrize("name", ONCE)
@pytest.mark.parametrize("failure", DROPPED)
async def test_a_grant_is_never_sent_again_when_its_answer_is_lost(
    client: DiscordClient, discord: Discord, name: str, failure: str
) -> None:
    route = route_of(discord, name).mock(side_effect=[DROPPED[failure]])
    with pytest.raises(TemporarilyUnavailable):
        await CALLS[name](client)
    assert route.call_count == 1


@every_call
@pytest.mark.parametrize("failure", [*NEVER_ARRIVED, "503"])
async def test_three_tries_are_all(
    client: DiscordClient, discord: Discord, name: str, failure: str, times: Times
) -> None:
    route = route_of(discord, name).mock(side_effect=[NEVER_ARRIVED.get(failure, page(503))] * 5)
    with pytest.raises(TemporarilyUnavailable):
        await CALLS[name](client)
    assert route.call_count == (1 if failure == "503" and name in ONCE else 3)
    assert sum(times.slept) <= 3 * PAUSE


@pytest.mark.parametrize("name", [*ONCE, *READS])
@pytest.mark.parametrize("failure", FINAL)
async def test_what_another_try_would_not_mend_is_not_sent_again(
    client: DiscordClient, discord: Discord, name: str, failure: str
) -> None:
    answer = FINAL[failure]
    if failure == "another shape" and name == "member":
        answer = httpx.Response(200, json=[])
    route = route_of(discord, name).mock(return_value=answer)
    with pytest.raises(TemporarilyUnavailable):
        await CALLS[name](client)
    assert route.call_count == 1


@pytest.mark.parametrize("failure", [httpx.ReadError("reset"), page(503)])
async def test_nothing_is_sent_again_without_the_time(
    client: DiscordClient,
    discord: Discord,
    failure: Exception | httpx.Response,
    times: Times,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, most: most)
    discord.user.mock(side_effect=[failure])
    with deadline(PAUSE, times.clocks.now), pytest.raises(TemporarilyUnavailable):
        await client.user(TOKEN)
    assert times.slept == []


@pytest.mark.parametrize("name", ONCE)
async def test_a_grant_is_not_sent_with_too_little_time_for_its_answer(
    client: DiscordClient, discord: Discord, name: str, times: Times
) -> None:
    with deadline(LEAST, times.clocks.now), pytest.raises(TemporarilyUnavailable):
        await CALLS[name](client)
    assert discord.calls.call_count == 0


async def stumble(
    client: DiscordClient, discord: Discord, times: Times, name: str, failure: Exception | None
) -> None:
    """Let as many calls fail as make an outage."""
    # So that nobody asks whether it is back before the test lets that time pass.
    times.patience = PAUSE * TRIES
    route = route_of(discord, name)
    route.mock(side_effect=(lambda _: page(502)) if failure is None else [failure] * 99)
    for _ in range(FAILURES):
        client.check_is_up()
        with pytest.raises(TemporarilyUnavailable):
            await CALLS[name](client)


async def fail(client: DiscordClient, discord: Discord, times: Times, name: str = "guilds") -> None:
    await stumble(client, discord, times, name, None)
    with pytest.raises(DiscordDown):
        client.check_is_up()


@pytest.mark.parametrize("name", [name for name in CALLS if name not in SUSPECT])
async def test_when_discord_is_down_every_call_fails_at_once(
    client: DiscordClient, discord: Discord, times: Times, name: str
) -> None:
    await fail(client, discord, times, name)
    asked = discord.calls.call_count
    for call in CALLS.values():
        with pytest.raises(DiscordDown):
            await call(client)
    assert discord.calls.call_count == asked


@pytest.mark.parametrize("name", SUSPECT)
@pytest.mark.parametrize("failure", [None, httpx.ReadError("reset")], ids=["502", "reset"])
async def test_failures_to_what_a_stranger_may_have_sent_are_an_outage_if_a_neutral_request_fails(
    client: DiscordClient, discord: Discord, times: Times, name: str, failure: Exception | None
) -> None:
    for _ in range(3):
        await stumble(client, discord, times, name, failure)
        await pass_by(times, FIRST_PAUSE)
        client.check_is_up()
    assert discord.gateway.call_count == 3
    discord.gateway.mock(return_value=page(502))
    await stumble(client, discord, times, name, failure)
    await pass_by(times, FIRST_PAUSE)
    with pytest.raises(DiscordDown):
        client.check_is_up()


async def test_what_never_arrived_is_nothing_that_a_stranger_has_sent(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    await stumble(client, discord, times, "token", httpx.ConnectError("refused"))
    with pytest.raises(DiscordDown):
        client.check_is_up()


@pytest.mark.parametrize(
    "failure",
    [httpx.ReadError("reset"), httpx.ConnectError("refused"), page(500), page(200)],
    ids=["reset", "refused", "500", "a page"],
)
async def test_these_failures_are_an_outage(
    client: DiscordClient,
    discord: Discord,
    times: Times,
    failure: Exception | httpx.Response,
) -> None:
    times.patience = PAUSE * TRIES
    discord.user.mock(side_effect=[failure] * 99)
    for _ in range(FAILURES):
        client.check_is_up()
        with pytest.raises(TemporarilyUnavailable):
            await client.user(TOKEN)
    with pytest.raises(DiscordDown):
        client.check_is_up()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"error": "invalid_client"}),
        httpx.Response(400, json={"error": "invalid_grant"}),
        httpx.Response(401, text="<html>"),
        httpx.Response(400, text="<html>"),
        page(403),
        page(404),
        httpx.Response(403, json={"code": 50001}),
        httpx.Response(204),
        limited(0.1),
    ],
    ids=lambda answer: str(answer.status_code),
)
async def test_a_refusal_is_no_outage(
    client: DiscordClient, discord: Discord, answer: httpx.Response
) -> None:
    discord.token.mock(return_value=answer)
    for _ in range(FAILURES * 2):
        with pytest.raises((InvalidClient, InvalidGrant, TemporarilyUnavailable)):
            await exchange(client)
    client.check_is_up()


async def test_a_revocation_with_an_empty_answer_is_one(
    client: DiscordClient, discord: Discord
) -> None:
    route = route_of(discord, "revoke").mock(return_value=httpx.Response(200))
    await CALLS["revoke"](client)
    assert route.call_count == 1


async def test_who_can_be_asked_without_a_token_tells_that_discord_is_back(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    await fail(client, discord, times)
    discord.gateway.mock(return_value=page(502))
    await pass_by(times, FIRST_PAUSE)
    with pytest.raises(DiscordDown):
        client.check_is_up()
    discord.gateway.mock(return_value=httpx.Response(200, json=GATEWAY))
    await pass_by(times, FIRST_PAUSE * 2)
    client.check_is_up()
    # Each time it was asked once, with nothing of anybody's.
    assert discord.gateway.call_count == 2
    headers = discord.gateway.calls.last.request.headers
    assert "authorization" not in headers
    assert headers["user-agent"].startswith("DiscordBot (")


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), page(200), page(403)]
)
async def test_a_discord_that_tells_nothing_is_not_back(
    client: DiscordClient, discord: Discord, times: Times, failure: Exception | httpx.Response
) -> None:
    await fail(client, discord, times)
    discord.gateway.mock(side_effect=[failure])
    await pass_by(times, FIRST_PAUSE)
    assert discord.gateway.call_count == 1
    with pytest.raises(DiscordDown):
        client.check_is_up()


@pytest.mark.parametrize("answer", [limited(60, is_global=True), page(404)], ids=["429", "404"])
async def test_a_discord_that_refuses_is_back(
    client: DiscordClient, discord: Discord, times: Times, answer: httpx.Response
) -> None:
    await fail(client, discord, times)
    discord.gateway.mock(return_value=answer)
    await pass_by(times, FIRST_PAUSE)
    client.check_is_up()


async def test_nobody_asks_whether_discord_is_back_while_it_limits_our_address(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    limit = asyncio.Event()

    async def user(_: httpx.Request) -> httpx.Response:
        await limit.wait()
        return limited(60, is_global=True)

    discord.user.mock(side_effect=user)
    early = asyncio.create_task(client.user(TOKEN))
    await settle()
    await fail(client, discord, times)
    limit.set()
    await pass_by(times, FIRST_PAUSE)
    assert not discord.gateway.called
    # Calls are told by the limit itself.
    for call in (early, client.guilds(TOKEN)):
        with pytest.raises(TemporarilyUnavailable, match="limiting"):
            await call


async def test_an_address_that_is_banned_is_an_outage(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    times.patience = PAUSE * TRIES
    for route in (discord.token, discord.gateway):
        route.mock(return_value=page(403))
    with pytest.raises(TemporarilyUnavailable):
        await exchange(client)
    client.check_is_up()
    await pass_by(times, FIRST_PAUSE)
    with pytest.raises(DiscordDown):
        client.check_is_up()


async def test_probing_ends_with_the_client(discord: Discord, times: Times) -> None:
    before = asyncio.all_tasks()
    async with DiscordClient.open(DISCORD_API, REPOSITORY, clocks=times.clocks) as client:
        await fail(client, discord, times)
        assert asyncio.all_tasks() > before
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        (httpx.Response(401, json={}), 1),
        (httpx.Response(403, json={}), 1),
        (page(403), 1),
        (limited(60), 1),
        (limited(60, "global"), 1),
        (page(429), 1),
        (limited(60, "shared"), 0),
        (httpx.Response(400, json={}), 0),
        (httpx.Response(404, json={}), 0),
        (httpx.Response(200, json=dict(USER)), 0),
        (page(500), 0),
    ],
)
async def test_what_counts_towards_a_ban_is_told(
    discord: Discord, times: Times, answer: httpx.Response, counts: int
) -> None:
    def invalid() -> float:
        return REGISTRY.get_sample_value("snowflake_discord_invalid_answers_total") or 0.0

    told, before = [], invalid()

    async def tell() -> None:
        told.append(1)

    discord.user.mock(return_value=answer)
    async with DiscordClient.open(
        DISCORD_API, REPOSITORY, on_invalid=tell, clocks=times.clocks
    ) as client:
        try:
            with deadline(1, times.clocks.now):
                await client.user(TOKEN)
        except (InvalidGrant, TemporarilyUnavailable):
            pass
    assert (len(told), invalid() - before) == (counts, counts)


@pytest.mark.parametrize(
    ("answer", "status"), [(page(503), "503"), (httpx.ReadError("reset"), "none")]
)
async def test_every_request_is_measured(
    client: DiscordClient, discord: Discord, answer: httpx.Response | Exception, status: str
) -> None:
    def calls() -> tuple[float, float]:
        labels = {"route": "guilds", "status": status}
        counted = REGISTRY.get_sample_value("snowflake_discord_calls_total", labels)
        name = "snowflake_discord_seconds_count"
        return counted or 0.0, REGISTRY.get_sample_value(name, {"route": "guilds"}) or 0.0

    count, timed = calls()
    discord.guilds.mock(side_effect=[answer] * 3)
    with pytest.raises(TemporarilyUnavailable):
        await client.guilds(TOKEN)
    assert calls() == (count + 3, timed + 3)
