"""Deliveries: who is told when, again and again, until it is heard or a day has gone by."""

import asyncio
from itertools import pairwise

import httpx
import pytest
from structlog.testing import capture_logs

from snowflake.errors import TemporarilyUnavailable
from snowflake.oidc.backchannel_logout import deliveries as deliveries_module
from snowflake.oidc.backchannel_logout.deliveries import (
    OF_NOBODY,
    Deliveries,
    telling_clients,
)
from snowflake.oidc.backchannel_logout.token import logout_token
from snowflake.settings import Settings
from snowflake.store.logout_deliveries import HELD, KEPT, LONGEST_PAUSE
from tests.oidc.backchannel_logout.telling import (
    PERSON,
    TOLD_WIKI,
    Teller,
    Told,
    read,
    telling,
)
from tests.oidc.signed_in import WIKI
from tests.oidc.test_registered_clients import registering
from tests.running import Clock
from tests.telemetry.test_metrics import counted


async def test_whoever_has_heard_it_is_told_no_more(teller: Teller, clients: Told) -> None:
    await teller.put("wiki", "s1", "s2")
    await teller.put("grafana", "s3")
    for _ in range(2):
        await teller.deliveries.round()
    assert (clients.wiki.call_count, clients.grafana.call_count) == (2, 1)
    assert await teller.waiting() == 0


@pytest.mark.parametrize("status", [302, 404, 500, 503])
async def test_whoever_has_not_is_tried_again_after_ever_longer_pauses_for_a_day(
    teller: Teller, clients: Told, clock: Clock, status: int
) -> None:
    clients.wiki.side_effect = clients.answering(status)
    await teller.put("wiki")
    times = []
    began, end = int(clock.now), clock.now + KEPT
    given_up = counted("snowflake_logout_deliveries_total", outcome="given_up")
    while clock.now < end:
        before = clients.wiki.call_count
        await teller.deliveries.round()
        if clients.wiki.call_count > before:
            times.append(int(clock.now) - began)
        clock.pass_by(5 if clock.now < began + 60 else LONGEST_PAUSE / 4)
    assert times[:4] == [0, 5, 15, 35]
    assert max(later - earlier for earlier, later in pairwise(times)) == LONGEST_PAUSE
    assert times[-1] > KEPT - 2 * LONGEST_PAUSE
    assert await teller.waiting() == 0
    assert given_up() == 1


async def test_a_failure_may_pass(teller: Teller, clients: Told, clock: Clock) -> None:
    clients.wiki.side_effect = [httpx.ConnectError("down"), httpx.Response(204)]
    await teller.put("wiki")
    for _ in range(2):
        await teller.deliveries.round()
        clock.pass_by(5)
    assert clients.wiki.call_count == 2
    assert await teller.waiting() == 0


async def test_what_is_refused_three_times_is_refused_for_good(
    teller: Teller, clients: Told, clock: Clock
) -> None:
    clients.wiki.side_effect = clients.answering(400)
    await teller.put("wiki")
    for _ in range(20):
        await teller.deliveries.round()
        clock.pass_by(60)
    assert clients.wiki.call_count == 3
    assert await teller.waiting() == 0


async def test_an_outage_before_is_no_refusal(teller: Teller, clients: Told, clock: Clock) -> None:
    clients.wiki.side_effect = [httpx.Response(status) for status in (502, 502, 502, 400, 400, 200)]
    await teller.put("wiki")
    delivered = counted("snowflake_logout_deliveries_total", outcome="delivered")
    for _ in range(6):
        await teller.deliveries.round()
        clock.pass_by(LONGEST_PAUSE)
    assert delivered() == 1


async def test_a_client_that_hangs_keeps_no_other_waiting(teller: Teller, clients: Told) -> None:
    hangs, answers, told = asyncio.Event(), asyncio.Event(), 0

    async def hang(_: httpx.Request) -> httpx.Response:
        nonlocal told
        told += 1
        hangs.set()
        await answers.wait()
        return httpx.Response(200)

    clients.wiki.side_effect = hang
    await teller.put("wiki", "s1", "s2")
    hanging = asyncio.create_task(teller.deliveries.round())
    await hangs.wait()
    await teller.put("grafana", "s3")
    # The same process, whose hands are full.
    another = asyncio.create_task(teller.deliveries.round())
    url, _ = await asyncio.wait_for(clients.tokens.get(), 10)
    assert "grafana" in url
    # It is told of one after the other.
    assert told == 1
    answers.set()
    await asyncio.gather(hanging, another)
    assert told == 2


async def test_two_processes_tell_each_once(teller: Teller, clients: Told) -> None:
    sids = [f"s{number}" for number in range(20)]
    await teller.put("wiki", *sids)
    other = Deliveries(teller.state, teller.deliveries._transport)
    await asyncio.gather(teller.deliveries.round(), other.round())
    told = [read(teller.state, token)[1]["sid"] for token in clients.heard]
    assert sorted(told) == sorted(sids)


async def test_who_dies_in_a_try_has_an_heir_within_a_minute(
    teller: Teller, clients: Told, clock: Clock
) -> None:
    await teller.put("wiki")
    assert await teller.state.store.logout_deliveries.take("wiki") is not None
    await teller.deliveries.round()
    assert clients.wiki.call_count == 0
    clock.pass_by(HELD)
    await teller.deliveries.round()
    assert clients.wiki.call_count == 1


@pytest.mark.parametrize("left", [(WIKI,), ()])
async def test_a_client_that_wants_to_be_told_nothing_any_more_is_forgotten(
    teller: Teller, clients: Told, clock: Clock, settings: Settings, left: tuple[object, ...]
) -> None:
    await teller.put("wiki")
    teller.state.use(registering(settings, *left))  # type: ignore[arg-type]
    await teller.deliveries.round()
    # Another process may know better yet.
    assert await teller.waiting() == 1
    clock.pass_by(OF_NOBODY)
    await teller.deliveries.round()
    assert await teller.waiting() == 0
    assert clients.wiki.call_count == 0


async def test_a_client_is_told_at_the_address_that_it_has_now(
    teller: Teller, clients: Told, settings: Settings
) -> None:
    moved = "https://new.example.com/logout"
    clients.router.post(moved).side_effect = clients.hear
    await teller.put("wiki")
    changed = TOLD_WIKI.model_copy(update={"backchannel_logout_uri": moved})
    teller.state.use(registering(settings, changed))
    await teller.deliveries.round()
    assert clients.tokens.get_nowait()[0] == moved


async def test_a_fault_of_ours_keeps_nothing_else_waiting(
    teller: Teller, clients: Told, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = logout_token

    def odd(delivery: object, *rest: object) -> str:
        if getattr(delivery, "sid", None) == "s1":
            raise KeyError("odd")
        return real(delivery, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(deliveries_module, "logout_token", odd)
    await teller.put("wiki", "s1", "s2")
    await teller.deliveries.round()
    assert (clients.wiki.call_count, await teller.waiting()) == (1, 1)
    monkeypatch.undo()
    clock.pass_by(5)
    await teller.deliveries.round()
    assert await teller.waiting() == 0


async def test_a_store_that_is_away_after_the_answer_has_it_told_again(
    teller: Teller, clients: Told, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise TemporarilyUnavailable("the store cannot be reached")

    await teller.put("wiki")
    monkeypatch.setattr(teller.state.store.logout_deliveries, "end", away)
    await teller.deliveries.round()
    monkeypatch.undo()
    clock.pass_by(HELD)
    await teller.deliveries.round()
    assert clients.wiki.call_count == 2
    assert await teller.waiting() == 0


async def test_the_log_says_what_comes_of_it_and_holds_no_token(
    teller: Teller, clients: Told, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    clients.wiki.side_effect = [httpx.Response(503), httpx.Response(200)]
    await teller.put("wiki")
    with capture_logs() as lines:
        await teller.deliveries.round()
        clock.pass_by(5)
        await teller.deliveries.round()
    failed, delivered = lines
    assert failed == {
        "event": "logout_delivery_failed",
        "log_level": "warning",
        "client": "wiki",
        "reason": "it answers with status 503",
        "attempts": 1,
        "again_in": 5,
    }
    assert delivered == {
        "event": "backchannel_logout",
        "log_level": "info",
        "outcome": "delivered",
        "client": "wiki",
        "person": PERSON,
        "attempts": 2,
    }


async def test_what_waits_is_counted_now_and_then(
    teller: Teller, clients: Told, clock: Clock
) -> None:
    waits = counted("snowflake_logout_deliveries_waiting")
    clients.wiki.side_effect = clients.answering(503)
    before = waits()
    await teller.deliveries._count()
    await teller.put("wiki", "s1", "s2")
    await teller.deliveries._count()
    assert waits() - before == 0
    clock.pass_by(30)
    await teller.deliveries._count()
    assert waits() - before == 2


async def test_the_background_tells_at_once_and_goes_on_after_a_fault(
    teller: Teller, clients: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries_module, "LOOK_EVERY", 600)
    looked = asyncio.Event()
    faults: list[Exception] = [KeyError("odd"), TemporarilyUnavailable("the store is slow")]
    real = teller.state.store.logout_deliveries.clients_due

    async def clients_due() -> list[str]:
        looked.set()
        if faults:
            raise faults.pop()
        return await real()

    monkeypatch.setattr(teller.state.store.logout_deliveries, "clients_due", clients_due)
    async with telling_clients(teller.state):
        while faults:
            await asyncio.wait_for(looked.wait(), 10)
            looked.clear()
            teller.state.logout.due.set()
        for sid in ("s1", "s2"):
            await teller.put("wiki", sid)
            teller.state.logout.due.set()
            _, token = await asyncio.wait_for(clients.tokens.get(), 10)
            assert read(teller.state, token)[1]["sid"] == sid


async def test_what_is_written_while_a_client_is_told_is_told_right_after(
    teller: Teller, clients: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries_module, "LOOK_EVERY", 600)
    store, real = teller.state.store.logout_deliveries, teller.state.store.logout_deliveries.take

    async def take(client_id: str) -> object:
        taken = await real(client_id)
        if taken is None and not clients.wiki.call_count > 1:
            # Now, when this task will look no more.
            await teller.put("wiki", "s2")
            await teller.deliveries._look()
        return taken

    monkeypatch.setattr(store, "take", take)
    await teller.put("wiki", "s1")
    work = asyncio.create_task(teller.deliveries.work())
    for sid in ("s1", "s2"):
        _, token = await asyncio.wait_for(clients.tokens.get(), 10)
        assert read(teller.state, token)[1]["sid"] == sid
    teller.deliveries.end()
    await work


async def test_the_try_under_way_is_finished_at_the_end_and_nothing_begun(
    teller: Teller, clients: Told
) -> None:
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: httpx.Request) -> httpx.Response:
        under_way.set()
        await go_on.wait()
        return httpx.Response(200)

    clients.wiki.side_effect = slow
    await teller.put("wiki", "s1", "s2")
    work = asyncio.create_task(teller.deliveries.work())
    await asyncio.wait_for(under_way.wait(), 10)
    teller.deliveries.end()
    go_on.set()
    await work
    assert (clients.wiki.call_count, await teller.waiting()) == (1, 1)


async def test_without_an_application_of_our_own_nobody_looks_until_there_is_one(
    settings: Settings, clock: Clock, clients: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries_module, "LOOK_EVERY", 0.01)
    async with telling(settings, clock) as teller:
        with_clients = teller.state.settings
        bare = settings.model_copy(update={"discord_client_id": None})
        # As it has started.
        object.__setattr__(teller.state, "settings", bare)
        teller.state.use(bare)
        await teller.put("wiki", "s1")
        async with telling_clients(teller.state):
            await asyncio.sleep(0.1)
            assert clients.tokens.empty()
            teller.state.use(with_clients)
            await asyncio.wait_for(clients.tokens.get(), 10)
