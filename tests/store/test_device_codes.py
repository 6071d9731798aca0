"""Devices that wait, in one store with several processes."""

import asyncio

import pytest

from snowflake.store import Store
from snowflake.store.database import Work
from snowflake.store.device_codes import (
    ALLOWED,
    DENIED,
    KEPT,
    LENIENCE,
    LIFETIME,
    PACE,
    SLOWER,
    SLOWEST,
    WAITING,
    Device,
    NewDevice,
)
from snowflake.store.export import exported, is_erasable
from tests.running import NOW, ORIGIN, Clock
from tests.store.furniture import PERSON
from tests.store.places import Place

USER_CODE = "BCDFGHJK"
NEW = NewDevice("television", ORIGIN, USER_CODE, "openid email", "192.0.2.7", "Telly/4.2")


async def waiting(store: Store) -> tuple[str, Device]:
    code = await store.device_codes.add(NEW)
    assert code is not None
    device = await store.device_codes.find(code)
    assert device is not None
    return code, device


async def test_it_is_found_by_either_code(store: Store) -> None:
    code, device = await waiting(store)
    assert (device.client_id, device.state, device.code) == ("television", WAITING, None)
    asked = device.asked
    assert (asked.scope, asked.address, asked.agent) == NEW[3:]
    assert asked.issuer == ORIGIN
    assert device.expires_at == NOW + LIFETIME
    assert await store.device_codes.find_for_person(ORIGIN, USER_CODE) == device
    assert await store.device_codes.find_for_person(ORIGIN, "BCDFGHJL") is None
    # At another address of ours tokens would name another issuer.
    assert await store.device_codes.find_for_person("https://other.example", USER_CODE) is None
    assert await store.device_codes.find(f"{code}x") is None


async def test_whoever_has_allowed_it_is_shown_it_until_they_are_erased(store: Store) -> None:
    _, device = await waiting(store)
    assert (await store.people.kept(PERSON)).devices == []
    await store.device_codes.allow(device, "a sealed code", PERSON)
    kept = await store.people.kept(PERSON)
    assert is_erasable(kept)
    assert exported(PERSON, kept)["devices"] == [
        {
            "client_id": "television",
            "issuer": ORIGIN,
            "scopes": ["openid", "email"],
            "address": "192.0.2.7",
            "user_agent": "Telly/4.2",
            "expires_at": NOW + LIFETIME,
        }
    ]
    await store.people.erase(PERSON)
    assert not is_erasable(await store.people.kept(PERSON))


async def test_no_two_have_one_user_code(store: Store) -> None:
    await waiting(store)
    assert await store.device_codes.add(NEW) is None
    assert await store.device_codes.add(NEW._replace(user_code="BCDFGHJL")) is not None


async def test_of_many_answers_at_once_one_holds(store: Store, place: Place, clock: Clock) -> None:
    code, device = await waiting(store)
    async with place.store(clock) as another:
        rooms = [store.device_codes, another.device_codes] * 4
        answers = await asyncio.gather(
            *(room.allow(device, f"code {number}", PERSON) for number, room in enumerate(rooms)),
            *(room.deny(device) for room in rooms),
        )
        assert sum(answers) == 1
        answered = await another.device_codes.find(code)
    assert answered is not None
    won = answers.index(True)
    allowed = (ALLOWED, f"code {won}") if won < len(rooms) else (DENIED, None)
    assert (answered.state, answered.code) == allowed


async def test_of_the_same_answer_twice_at_once_both_hold(
    store: Store, place: Place, clock: Clock
) -> None:
    _, device = await waiting(store)
    async with place.store(clock) as another:
        rooms = [store.device_codes, another.device_codes] * 2
        assert all(await asyncio.gather(*(room.allow(device, "code", PERSON) for room in rooms)))


async def test_nobody_answers_too_late(store: Store, clock: Clock) -> None:
    _, device = await waiting(store)
    clock.pass_by(LIFETIME)
    assert device.is_late(clock())
    assert not await store.device_codes.allow(device, "code", PERSON)
    assert not await store.device_codes.deny(device)


async def test_a_poll_that_others_have_overtaken_comes_too_soon_too(
    store: Store, clock: Clock
) -> None:
    _, device = await waiting(store)
    clock.pass_by(1)
    assert await store.device_codes.poll(device)
    # It was first to look at the clock, and last to be written.
    clock.pass_by(-1)
    assert not await store.device_codes.poll(device)


async def test_its_pace_holds_for_all_processes(store: Store, place: Place, clock: Clock) -> None:
    _, device = await waiting(store)
    async with place.store(clock) as another:
        assert await store.device_codes.poll(device)
        assert not await another.device_codes.poll(device)
        clock.pass_by(2 * PACE - LENIENCE - 1)
        assert not await store.device_codes.poll(device)
        clock.pass_by(3 * PACE - LENIENCE)
        assert await another.device_codes.poll(device)


async def test_one_that_asks_all_the_time_is_noted_once_a_second(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = await waiting(store)
    write, written = store.database.write, 0

    async def counted(work: Work[bool]) -> bool:
        nonlocal written
        written += 1
        return await write(work)

    async def ask() -> bool:
        device = await store.device_codes.find(code)
        assert device is not None
        return await store.device_codes.poll(device)

    monkeypatch.setattr(store.database, "write", counted)
    assert await ask()
    assert not any([await ask() for _ in range(1000)])
    assert written == 1 + (SLOWEST - PACE) // SLOWER
    clock.pass_by(1)
    assert not any([await ask() for _ in range(1000)])
    assert written == 2 + (SLOWEST - PACE) // SLOWER


async def test_no_device_is_made_to_wait_for_long(store: Store, clock: Clock) -> None:
    _, device = await waiting(store)
    for _ in range(100):
        await store.device_codes.poll(device)
    clock.pass_by(SLOWEST - LENIENCE)
    assert await store.device_codes.poll(device)


async def test_a_clock_that_was_set_back_makes_no_device_wait(store: Store, clock: Clock) -> None:
    _, device = await waiting(store)
    assert await store.device_codes.poll(device)
    clock.pass_by(-60)
    assert await store.device_codes.poll(device)


async def test_one_that_is_gone_may_ask(store: Store, clock: Clock) -> None:
    _, device = await waiting(store)
    clock.pass_by(LIFETIME + KEPT)
    await store.housekeeping.delete_expired()
    assert await store.device_codes.poll(device)


async def test_it_is_swept_an_hour_after_its_end(store: Store, clock: Clock) -> None:
    code, device = await waiting(store)
    clock.pass_by(LIFETIME + KEPT - 1)
    await store.housekeeping.delete_expired()
    assert await store.device_codes.find(code) == device
    clock.pass_by(1)
    await store.housekeeping.delete_expired()
    assert await store.device_codes.find(code) is None


async def test_whoever_is_erased_leaves_no_device(store: Store) -> None:
    code, device = await waiting(store)
    await store.device_codes.allow(device, "code", PERSON)
    await store.people.erase(PERSON)
    assert await store.device_codes.find(code) is None


async def test_it_is_found_under_a_key_that_was_changed(place: Place, clock: Clock) -> None:
    old, new = b"the old secret of more than thirty-two", b"the new secret of more than thirty-two"
    async with place.store(clock, old) as store:
        await waiting(store)
    async with place.store(clock, new, old) as store:
        assert await store.device_codes.find_for_person(ORIGIN, USER_CODE) is not None


async def test_neither_code_is_in_a_stolen_database(store: Store, place: Place) -> None:
    code, _ = await waiting(store)
    content = place.content()
    for secret in (code, USER_CODE, *NEW[3:]):
        assert secret.encode() not in content


async def test_a_row_does_not_pass_for_another(store: Store, place: Place) -> None:
    await waiting(store)
    other = await store.device_codes.add(NEW._replace(user_code="BCDFGHJL"))
    assert other is not None
    await place.change("UPDATE device_codes SET asked = (SELECT max(asked) FROM device_codes)")
    found = [await _or_fault(store, user_code) for user_code in (USER_CODE, "BCDFGHJL")]
    assert found.count(None) == 1


async def _or_fault(store: Store, user_code: str) -> Device | None:
    try:
        return await store.device_codes.find_for_person(ORIGIN, user_code)
    except ValueError:
        return None


@pytest.mark.parametrize("state", [ALLOWED, DENIED])
async def test_an_answer_is_final(store: Store, state: str) -> None:
    _, device = await waiting(store)
    if state == ALLOWED:
        assert await store.device_codes.allow(device, "code", PERSON)
    else:
        assert await store.device_codes.deny(device)
    assert not await store.device_codes.deny(device)
    assert not await store.device_codes.allow(device, "another", PERSON)
