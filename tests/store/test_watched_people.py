"""Whose turn it is to be looked at again."""

import asyncio

import pytest

from snowflake.settings.registry import ClientIds
from snowflake.store import Store
from snowflake.store.session_logins import Arrival
from snowflake.store.sessions import Account, Session
from snowflake.store.watched_people import Due, Held
from tests.running import NOW, Clock
from tests.store.furniture import APPLICATION, PERSON, put_login, tokens
from tests.store.places import Place

OF_DISCORD = ClientIds(frozenset({"grafana"}), all_but=True)
REGISTERED = ClientIds(frozenset({"grafana"}))
OTHER = "80351110224678913"


async def sign_in(store: Store, person: str, client: str = "grafana", expires: int = 3600) -> None:
    """Begin a session on the way to a client."""
    session = Session(
        application=APPLICATION,
        person=person,
        issuer="https://snowflake.example.com",
        browser=f"browser of {person}",
        auth_time=NOW,
        began_at=NOW,
        used_at=NOW,
        expires_at=NOW + expires,
        account=Account("{}", frozenset({"identify"}), NOW),
    )
    arrival = Arrival(client, person, tokens(person))
    await store.session_logins.begin(session, f"cookie of {person}", None, arrival, told=())


async def people(store: Store, clients: ClientIds, before: int = NOW) -> list[str]:
    return [due.person for due in await store.watched_people.due(clients, before, 10)]


async def test_whoever_is_taken_up_counts_as_looked_at(store: Store, clock: Clock) -> None:
    await put_login(store, "a code")
    await store.watched_people.enrol(OF_DISCORD)
    assert await people(store, OF_DISCORD, NOW - 1) == []
    clock.pass_by(100)
    await store.watched_people.enrol(OF_DISCORD)
    assert await store.watched_people.due(OF_DISCORD, NOW, 10) == [Due(PERSON, NOW)]
    assert await store.watched_people.looked_at(PERSON) == NOW
    assert await store.watched_people.looked_at(OTHER) is None


async def test_grants_and_sessions_of_other_clients_do_not_count(store: Store) -> None:
    await put_login(store, "a code")
    await sign_in(store, OTHER)
    await store.watched_people.enrol(REGISTERED)
    await store.watched_people.enrol(ClientIds(frozenset({"wiki"})))
    assert await people(store, REGISTERED) == [OTHER]
    assert await people(store, OF_DISCORD) == []
    await store.watched_people.enrol(OF_DISCORD)
    assert await people(store, OF_DISCORD) == [PERSON]


async def test_those_come_first_who_wait_longest(store: Store) -> None:
    for number, ago in enumerate((5, 20, 10)):
        await put_login(store, f"code {number}", f"person {number}")
        await store.watched_people.enrol(OF_DISCORD)
        await store.watched_people.note(f"person {number}", NOW - ago)
    assert await people(store, OF_DISCORD) == ["person 1", "person 2", "person 0"]
    assert await people(store, OF_DISCORD, NOW - 10) == ["person 1", "person 2"]
    assert await store.watched_people.waiting(NOW - 10) == 2
    [first] = await store.watched_people.due(OF_DISCORD, NOW, 1)
    assert first.person == "person 1"


async def test_a_clock_that_was_set_back_keeps_nobody_waiting(store: Store) -> None:
    await put_login(store, "a code")
    await store.watched_people.enrol(OF_DISCORD)
    await store.watched_people.note(PERSON, NOW + 86_400)
    assert await people(store, OF_DISCORD, NOW - 300) == [PERSON]


async def test_the_clients_of_somebody_are_those_of_what_lives(store: Store, clock: Clock) -> None:
    await put_login(store, "a code", expires_at=NOW + 10)
    await sign_in(store, PERSON, "grafana", expires=20)
    clients_of = store.watched_people.clients_of
    of_session = Held("grafana", APPLICATION)
    assert await clients_of(PERSON) == {Held(APPLICATION, APPLICATION), of_session}
    assert await clients_of(OTHER) == frozenset()
    clock.pass_by(10)
    assert await clients_of(PERSON) == {of_session}
    clock.pass_by(10)
    assert await clients_of(PERSON) == frozenset()


async def test_many_that_are_new_are_taken_up_by_two_at_once(
    store: Store, place: Place, clock: Clock
) -> None:
    found = [f"person {number:02}" for number in range(20)]
    for person in found:
        await put_login(store, f"code of {person}", person)
    async with place.store(clock) as another:
        rooms = (store.watched_people, another.watched_people)
        await asyncio.gather(*(room.enrol(OF_DISCORD) for room in rooms))
    due = await store.watched_people.due(OF_DISCORD, NOW, 100)
    assert [one.person for one in due] == found


async def test_whoever_is_erased_is_not_noted_any_more(store: Store) -> None:
    await put_login(store, "a code")
    await store.watched_people.enrol(OF_DISCORD)
    await store.people.erase(PERSON)
    await store.watched_people.note(PERSON, NOW)
    assert await store.watched_people.waiting(NOW) == 0


@pytest.mark.parametrize("signed_in", ["by a grant", "by a session", ""])
async def test_housekeeping_forgets_whoever_is_not_signed_in(
    store: Store, clock: Clock, signed_in: str
) -> None:
    await put_login(store, "a code", PERSON, NOW + 7200)
    await store.watched_people.enrol(OF_DISCORD)
    if signed_in != "by a grant":
        for one in await store.grants.of_person(PERSON):
            await store.grants.end(one.id)
    if signed_in == "by a session":
        await sign_in(store, PERSON, expires=7200)
    await store.housekeeping.delete_expired()
    # They may come back in a moment.
    assert await store.watched_people.waiting(NOW) == 1
    clock.pass_by(3600)
    await store.housekeeping.delete_expired()
    assert await store.watched_people.waiting(NOW) == bool(signed_in)
