import asyncio
from dataclasses import replace

import pytest

from snowflake.errors import InvalidGrant
from snowflake.store import Store
from snowflake.store.attempts import Share
from snowflake.store.codes import RESERVATION, CodeSpent, LoginReserved, Reservation, Unknown
from snowflake.store.grants import MOST, Grant
from snowflake.store.logins import Issued
from snowflake.store.refresh_tokens import new_token
from tests.running import NOW, Clock
from tests.store.furniture import PERSON, grant, put_login, tokens
from tests.store.places import Place


async def save(store: Store, code: Reservation, made: Grant) -> None:
    await store.logins.save(code, made, tokens(made.person), [], Issued(new_token()))


async def reserve(store: Store, name: str = "code") -> Reservation:
    return await store.codes.reserve(name, NOW + 600)


@pytest.mark.parametrize("first_saves_first", [True, False])
async def test_a_login_whose_reservation_was_lost_leaves_nothing(
    store: Store, place: Place, clock: Clock, first_saves_first: bool
) -> None:
    stalled = await reserve(store)
    clock.pass_by(RESERVATION + 1)
    async with place.store(clock) as another:
        quick, made = await reserve(another), grant()
        if not first_saves_first:
            await save(another, quick, made)
        for _ in range(2):
            with pytest.raises(InvalidGrant, match="another request"):
                await save(store, stalled, grant())
        if first_saves_first:
            await save(another, quick, made)
    assert [one.id for one in await store.grants.of_person(PERSON)] == [made.id]
    assert await place.rows("SELECT count(*) FROM refresh_tokens") == [(1,)]
    with pytest.raises(CodeSpent) as spent:
        await reserve(store)
    assert spent.value.grant_id == made.id


async def test_whoever_has_lost_a_code_neither_spends_nor_releases_it(
    store: Store, clock: Clock
) -> None:
    stalled = await reserve(store)
    clock.pass_by(RESERVATION + 1)
    quick = await reserve(store)
    await store.codes.spend(stalled)
    await store.codes.release(stalled, "left by somebody who is late")
    await save(store, quick, grant())


async def test_what_is_released_is_anybodys(store: Store) -> None:
    first = await reserve(store)
    await store.codes.release(first, "left")
    second = await reserve(store)
    assert second.left == "left"
    # Having given it back, the first one has it no more.
    with pytest.raises(InvalidGrant):
        await save(store, first, grant())
    await save(store, second, grant())


async def test_the_newest_hundred_grants_of_a_person_with_a_client_live(
    store: Store, clock: Clock
) -> None:
    others = [
        replace(grant(), client_id="another", id="another client"),
        replace(grant("1"), id="another person"),
    ]
    for other in others:
        await save(store, await reserve(store, other.id), other)
    for number in range(MOST + 3):
        made = replace(grant(), auth_time=NOW + number, id=f"{number:03}")
        await save(store, await reserve(store, made.id), made)
    kept = {one.id for one in await store.grants.of_person(PERSON)}
    assert kept == {"another client", *(f"{number:03}" for number in range(3, MOST + 3))}
    assert len(await store.grants.of_person("1")) == 1


async def test_a_clock_that_was_set_back_does_not_end_the_login_under_way(store: Store) -> None:
    for number in range(MOST):
        await put_login(store, f"{number}")
    late = replace(grant(), auth_time=NOW - 86400, id="late")
    await save(store, await reserve(store, "late"), late)
    kept = await store.grants.of_person(PERSON)
    assert len(kept) == MOST
    assert "late" in {one.id for one in kept}


async def test_logins_of_one_person_at_once_are_within_the_bound_with_the_next_one(
    store: Store, place: Place, clock: Clock
) -> None:
    for number in range(MOST - 5):
        await put_login(store, f"{number}")
    async with place.store(clock) as another:
        rooms = [store, another] * 5
        await asyncio.gather(*(put_login(room, f"at once {n}") for n, room in enumerate(rooms)))
    # A server's transactions may not have seen each other.
    await put_login(store, "the next")
    assert len(await store.grants.of_person(PERSON)) == MOST


async def reserve_of(store: Store, code: str, login: str = "login") -> Reservation:
    return await store.codes.reserve(code, NOW + 60, login_id=login)


async def test_two_codes_of_one_login_make_a_grant_each_one_after_the_other(store: Store) -> None:
    first, made = await reserve_of(store, "first"), [grant(), grant()]
    with pytest.raises(LoginReserved):
        await reserve_of(store, "second")
    pair = tokens()
    await store.logins.save(
        replace(first, left="exchanged"), made[0], pair, [], Issued(new_token())
    )
    second = await reserve_of(store, "second")
    assert second.left == "exchanged"
    await store.logins.save(second, made[1], pair, [], Issued(new_token()))
    assert {one.id for one in await store.grants.of_person(PERSON)} == {one.id for one in made}
    for code, its in zip(("first", "second"), made, strict=True):
        with pytest.raises(CodeSpent) as spent:
            await reserve_of(store, code)
        assert spent.value.grant_id == its.id


async def test_a_login_serves_no_more_once_its_grant_or_its_time_has_ended(
    store: Store, clock: Clock
) -> None:
    # Whatever becomes of those of others.
    await save(store, await reserve_of(store, "another's code", "another's"), grant("42"))
    for login in ("ended", "late"):
        made = grant()
        await save(store, await reserve_of(store, f"first {login}", login), made)
        if login == "ended":
            await store.grants.end(made.id)
        else:
            again = await reserve_of(store, "another code", login)
            await store.codes.release(again)
            clock.pass_by(60)
        with pytest.raises(CodeSpent) as spent:
            await reserve_of(store, f"second {login}", login)
        assert spent.value.grant_id is None


async def test_whoever_loses_the_login_alone_saves_nothing(store: Store, clock: Clock) -> None:
    stalled = await reserve_of(store, "first")
    clock.pass_by(RESERVATION + 1)
    await reserve_of(store, "second")
    with pytest.raises(InvalidGrant):
        await save(store, stalled, grant())
    assert await store.grants.of_person(PERSON) == []


async def test_a_code_that_made_no_grant_takes_its_login_along(store: Store) -> None:
    await store.codes.spend(await reserve_of(store, "first"))
    with pytest.raises(CodeSpent):
        await reserve_of(store, "second")


async def test_who_reserves_a_code_sees_whether_somebody_has_tried_one_in_vain(
    store: Store,
) -> None:
    async def tried(*owners: str) -> bool:
        code = await store.codes.reserve(
            new_token(), NOW + 60, whose=Unknown(None, owners), login_id=new_token()
        )
        return code.tried

    await store.attempts.count([Share("caller", 60), Share("everybody", 300)])
    assert [await tried(), await tried("login"), await tried("login", "another")] == [False] * 3
    assert [await tried("everybody"), await tried("login", "caller", "all")] == [True] * 2
