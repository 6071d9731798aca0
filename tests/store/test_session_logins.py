"""What a login keeps when its session begins, all at once."""

import pytest

from snowflake.errors import InvalidGrant
from snowflake.store import Store
from snowflake.store.codes import Reservation
from snowflake.store.session_ends import Which
from snowflake.store.session_logins import Arrival, Left
from snowflake.store.sessions import Account, Session
from tests.running import NOW
from tests.store.furniture import APPLICATION, PERSON, membership, tokens
from tests.store.places import Place

SESSION = Session(
    application=APPLICATION,
    person=PERSON,
    issuer="https://snowflake.example.com",
    browser="browser",
    auth_time=NOW,
    began_at=NOW,
    used_at=NOW,
    expires_at=NOW + 3600,
    account=Account("{}", frozenset(), NOW),
)


async def reserve(store: Store) -> Reservation:
    return await store.codes.reserve("login", NOW + 600)


async def begin(store: Store, login: Reservation, begun: str | None = None) -> Session:
    left = Left(login, "sealed for {}".format)
    arrival = Arrival("wiki", PERSON, tokens(), [membership()], begun, left)
    return await store.session_logins.begin(SESSION, "identifier", None, arrival, told=())


async def test_the_login_is_given_back_with_its_session(store: Store, place: Place) -> None:
    session = await begin(store, await reserve(store))
    assert await place.rows("SELECT person FROM codes") == [(PERSON,)]
    assert (await reserve(store)).left == f"sealed for {session.id}"


async def test_a_login_that_comes_back_finds_the_session_that_lives_on(store: Store) -> None:
    first = await begin(store, await reserve(store))
    again = await begin(store, await reserve(store), begun=first.id)
    assert (await reserve(store)).left == f"sealed for {again.id}"


async def test_a_session_that_has_ended_leaves_nothing(store: Store, place: Place) -> None:
    first = await begin(store, await reserve(store))
    await store.session_ends.end(Which(session=first.id), told=())
    login = await reserve(store)
    with pytest.raises(InvalidGrant):
        await begin(store, login, begun=first.id)
    assert await place.rows("SELECT count(*) FROM sessions") == [(0,)]
    # It is still whose it was.
    await store.codes.release(login, "left after all")
    assert (await reserve(store)).left == "left after all"
