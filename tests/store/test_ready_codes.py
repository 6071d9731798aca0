import asyncio
from dataclasses import replace

import pytest

from snowflake.errors import InvalidGrant
from snowflake.store import Store
from snowflake.store.codes import CodeSpent, Reservation
from snowflake.store.grants import Grant
from snowflake.store.housekeeping import SLACK
from snowflake.store.logins import Issued
from snowflake.store.ready_codes import ReadyCode
from snowflake.store.refresh_tokens import new_token
from tests.running import NOW, Clock
from tests.store.furniture import PERSON, grant, tokens

#: A code with its login, and one of somebody who came by their session, which has none.
WITH_LOGIN, ALONE = ("code", "login"), ("code", None)
both = pytest.mark.parametrize("names", [WITH_LOGIN, ALONE], ids=["with login", "alone"])
Names = tuple[str, str | None]


async def leave(store: Store, names: Names) -> None:
    """Keep what Discord said of somebody, as the callback does before our code leaves us."""
    login = await store.codes.reserve(names[1] or names[0], NOW + 60)
    await store.codes.release(login, "left", PERSON)


async def found(store: Store, names: Names) -> ReadyCode:
    code = await store.ready_codes.find(*names, NOW + 60)
    assert code is not None
    assert code.left == "left"
    return code


async def save(store: Store, code: Reservation | ReadyCode, made: Grant) -> None:
    await store.logins.save(code, made, tokens(), [], Issued(new_token()))


@both
async def test_a_code_about_which_all_is_known_is_spent_without_being_reserved(
    store: Store, names: Names
) -> None:
    await leave(store, names)
    made = grant()
    await save(store, await found(store, names), made)
    assert await store.ready_codes.find(*names, NOW + 60) is None
    with pytest.raises(CodeSpent) as spent:
        await store.codes.reserve(names[0], NOW + 60, login_id=names[1])
    assert spent.value.grant_id == made.id


@both
async def test_of_many_who_bring_it_at_once_one_makes_a_grant(store: Store, names: Names) -> None:
    await leave(store, names)
    codes = [await found(store, names) for _ in range(8)]
    saving = (save(store, code, grant()) for code in codes)
    outcomes = await asyncio.gather(*saving, return_exceptions=True)
    assert [type(one) for one in outcomes if one is not None] == [InvalidGrant] * 7
    assert len(await store.grants.of_person(PERSON)) == 1


async def test_two_codes_of_one_login_make_a_grant_each_at_once(store: Store) -> None:
    for number in range(8):
        # In whichever order their keys are.
        login, *codes = (f"{number} {name}" for name in ("abc" if number % 2 else "cba"))
        await leave(store, (codes[0], login))
        ready = [await found(store, (code, login)) for code in codes]
        await asyncio.gather(*(save(store, code, grant()) for code in ready))
    assert len(await store.grants.of_person(PERSON)) == 16


@both
async def test_what_somebody_has_reserved_is_not_ready_and_not_lost_to_them(
    store: Store, names: Names
) -> None:
    await leave(store, names)
    code = await found(store, names)
    reserved = await store.codes.reserve(names[0], NOW + 60, login_id=names[1])
    assert await store.ready_codes.find(*names, NOW + 60) is None
    with pytest.raises(InvalidGrant):
        await save(store, code, grant())
    await save(store, reserved, grant())
    assert len(await store.grants.of_person(PERSON)) == 1


@both
async def test_where_nothing_was_left_nothing_is_ready(store: Store, names: Names) -> None:
    assert await store.ready_codes.find(*names, NOW + 60) is None
    login = await store.codes.reserve(names[1] or names[0], NOW + 60)
    await store.codes.release(login)
    assert await store.ready_codes.find(*names, NOW + 60) is None


async def test_a_login_whose_grant_has_ended_makes_none_of_another_code(store: Store) -> None:
    await leave(store, WITH_LOGIN)
    made = grant()
    await save(store, await found(store, WITH_LOGIN), made)
    assert await store.ready_codes.find("another", "login", NOW + 60) is not None
    await store.grants.end(made.id)
    assert await store.ready_codes.find("another", "login", NOW + 60) is None


@both
async def test_nobody_who_was_erased_meanwhile_gets_a_grant(store: Store, names: Names) -> None:
    await leave(store, names)
    code = await found(store, names)
    await store.people.erase(PERSON)
    with pytest.raises(InvalidGrant):
        await save(store, code, grant())
    assert await store.grants.of_person(PERSON) == []


async def test_a_spent_code_is_known_for_longer_than_a_login_that_is_older(
    store: Store, clock: Clock
) -> None:
    await leave(store, WITH_LOGIN)
    clock.pass_by(50)
    code = await store.ready_codes.find(*WITH_LOGIN, NOW + 110)
    assert code is not None
    made = replace(grant(), expires_at=NOW + 3600)
    await save(store, code, made)
    clock.pass_by(SLACK + 11)
    await store.housekeeping.delete_expired()
    with pytest.raises(CodeSpent) as spent:
        await store.codes.reserve(WITH_LOGIN[0], NOW + 170, login_id=WITH_LOGIN[1])
    assert spent.value.grant_id == made.id
