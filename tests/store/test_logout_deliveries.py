"""Logouts that clients are yet to be told of: each is one process's at a time."""

import asyncio

import pytest

from snowflake.store import Store
from snowflake.store.logout_deliveries import HELD, KEPT, LONGEST_PAUSE, Delivery, Part, adding
from tests.running import NOW, Clock
from tests.store.furniture import PERSON
from tests.store.places import Place

ISSUER = "https://snowflake.example.com"


async def put(store: Store, client_id: str, *sids: str, now: int = NOW) -> None:
    for sid in sids:
        await store.database.write(adding(Part(client_id, sid), PERSON, ISSUER, now).run)


async def take(store: Store, client_id: str = "wiki") -> Delivery:
    delivery = await store.logout_deliveries.take(client_id)
    assert delivery is not None
    return delivery


async def test_what_is_to_be_told_is_there_with_all_that_is_said(store: Store) -> None:
    await put(store, "wiki", "s1")
    delivery = await take(store)
    assert (delivery.client_id, delivery.person, delivery.sid) == ("wiki", PERSON, "s1")
    assert (delivery.issuer, delivery.expires_at) == (ISSUER, NOW + KEPT)
    assert (delivery.attempts, delivery.refusals) == (1, 0)


async def test_what_is_to_be_told_of_somebody_is_theirs(store: Store) -> None:
    await put(store, "wiki", "s1")
    [pending] = await store.logout_deliveries.of_person(PERSON)
    assert (pending.client_id, pending.sid, pending.attempts) == ("wiki", "s1", 0)
    assert await store.logout_deliveries.of_person("80351110224678913") == []


async def test_clients_are_due_that_have_something_to_be_told_now(
    store: Store, clock: Clock
) -> None:
    assert await store.logout_deliveries.clients_due() == []
    await put(store, "wiki", "s1", "s2")
    await put(store, "grafana", "s3")
    await put(store, "later", "s4", now=NOW + 10)
    assert sorted(await store.logout_deliveries.clients_due()) == ["grafana", "wiki"]
    await take(store, "grafana")
    await take(store, "wiki")
    assert await store.logout_deliveries.clients_due() == ["wiki"]
    clock.pass_by(10)
    assert sorted(await store.logout_deliveries.clients_due()) == ["later", "wiki"]


async def test_two_processes_never_have_the_same_at_once(
    store: Store, place: Place, clock: Clock
) -> None:
    sids = [f"s{number}" for number in range(10)]
    await put(store, "wiki", *sids)
    async with place.store(clock) as another:
        rooms = [store.logout_deliveries, another.logout_deliveries] * 8
        taken = await asyncio.gather(*(room.take("wiki") for room in rooms))
    assert sorted(one.sid for one in taken if one is not None) == sids


async def test_what_the_dead_had_is_taken_over_within_a_minute(store: Store, clock: Clock) -> None:
    await put(store, "wiki", "s1")
    await take(store)
    clock.pass_by(HELD - 1)
    assert await store.logout_deliveries.take("wiki") is None
    clock.pass_by(1)
    assert await store.logout_deliveries.clients_due() == ["wiki"]
    assert (await take(store)).attempts == 2
    assert HELD < 60


async def test_who_was_too_slow_changes_nothing_of_it(store: Store, clock: Clock) -> None:
    await put(store, "wiki", "s1")
    slow = await take(store)
    clock.pass_by(HELD)
    heir = await take(store)
    await store.logout_deliveries.end(slow)
    await store.logout_deliveries.postpone(slow, 500, refused=True)
    assert await store.logout_deliveries.count() == 1
    await store.logout_deliveries.postpone(heir, 1, refused=False)
    clock.pass_by(1)
    assert (await take(store)).refusals == 0


async def test_what_is_put_off_is_due_after_a_while(store: Store, clock: Clock) -> None:
    await put(store, "wiki", "s1")
    await store.logout_deliveries.postpone(await take(store), 5, refused=True)
    clock.pass_by(4)
    assert await store.logout_deliveries.take("wiki") is None
    clock.pass_by(1)
    again = await take(store)
    assert (again.attempts, again.refusals) == (2, 1)
    await store.logout_deliveries.end(again)
    assert await store.logout_deliveries.count() == 0


async def test_the_oldest_comes_first(store: Store, clock: Clock) -> None:
    await put(store, "wiki", "young", now=NOW + 2)
    await put(store, "wiki", "old", now=NOW)
    clock.pass_by(2)
    assert [(await take(store)).sid, (await take(store)).sid] == ["old", "young"]


async def test_after_a_day_nobody_is_told_any_more(store: Store, clock: Clock) -> None:
    await put(store, "wiki", "s1")
    clock.pass_by(KEPT)
    assert await store.logout_deliveries.clients_due() == []
    assert await store.logout_deliveries.take("wiki") is None
    await store.housekeeping.delete_expired()
    assert await store.logout_deliveries.count() == 0


async def test_what_is_due_to_nobody_is_forgotten_after_a_while(store: Store, clock: Clock) -> None:
    await put(store, "wiki", "s1", "s2")
    await put(store, "grafana", "s3")
    clock.pass_by(59)
    assert await store.logout_deliveries.forget("wiki", 60) == 0
    clock.pass_by(1)
    assert await store.logout_deliveries.forget("wiki", 60) == 2
    assert await store.logout_deliveries.count() == 1


@pytest.mark.parametrize("ahead", [LONGEST_PAUSE + 1, KEPT - 1])
async def test_what_a_clock_that_was_ahead_has_put_off_becomes_due(
    store: Store, clock: Clock, ahead: int
) -> None:
    await put(store, "wiki", "untried", now=NOW + ahead)
    await put(store, "wiki", "held")
    clock.pass_by(ahead)
    held = await take(store)
    assert held.sid == "held"
    clock.pass_by(-ahead)
    assert await store.logout_deliveries.clients_due() == []
    assert await store.logout_deliveries.count() == 2
    assert {(await take(store)).sid, (await take(store)).sid} == {"untried", "held"}
