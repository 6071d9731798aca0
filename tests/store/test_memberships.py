"""What Discord said of people's guilds, in the store."""

from dataclasses import replace

from snowflake.store import Store
from snowflake.store.memberships import ALL_GUILDS, KEPT
from tests.running import NOW, Clock
from tests.store.furniture import GUILD, PERSON, membership, put_login
from tests.store.places import SECRET, Place

OTHER = "197038439483310086"
NEW_SECRET = b"the new secret of more than thirty-two"


async def test_what_a_login_learnt_is_found_and_nothing_else(store: Store) -> None:
    await put_login(store, "code")
    assert await store.memberships.find(PERSON, ALL_GUILDS) == membership()
    assert await store.memberships.find(PERSON, GUILD) is None
    assert await store.memberships.find(OTHER, ALL_GUILDS) is None


async def test_a_later_answer_takes_the_place_of_an_older_one(store: Store) -> None:
    of_one = replace(membership(), guild=GUILD, answer="null")
    for kept in (membership(), of_one):
        await store.memberships.remember(kept)
    later = replace(membership(), answer="[]", asked_at=NOW + 1)
    await store.memberships.remember(later)
    assert await store.memberships.of_person(PERSON) == [later, of_one]


async def test_it_is_deleted_after_an_hour(store: Store, place: Place, clock: Clock) -> None:
    await store.memberships.remember(membership())
    clock.pass_by(KEPT - 1)
    await store.housekeeping.run()
    assert await store.memberships.find(PERSON, ALL_GUILDS) == membership()
    clock.pass_by(1)
    await store.housekeeping.run()
    assert await place.rows("SELECT * FROM memberships") == []


async def test_somebody_who_is_erased_leaves_nothing_behind(store: Store) -> None:
    for person in (PERSON, OTHER):
        await store.memberships.remember(membership(person))
    await store.people.erase(PERSON)
    assert (await store.people.kept(PERSON)).memberships == []
    assert (await store.people.kept(OTHER)).memberships == [membership(OTHER)]


async def test_a_row_that_was_swapped_with_another_is_not_believed(
    store: Store, place: Place
) -> None:
    for person in (PERSON, OTHER):
        await store.memberships.remember(membership(person))
    swap = f"(SELECT answer FROM memberships WHERE person = '{OTHER}')"  # noqa: S608 - ours
    await place.change(f"UPDATE memberships SET answer = {swap} WHERE person = '{PERSON}'")  # noqa: S608
    assert await store.memberships.find(PERSON, ALL_GUILDS) is None
    assert await store.memberships.of_person(PERSON) == []


async def test_a_row_cannot_be_made_younger(store: Store, place: Place) -> None:
    await store.memberships.remember(membership())
    await place.change(f"UPDATE memberships SET asked_at = {NOW + 100}")  # noqa: S608 - ours
    assert await store.memberships.find(PERSON, ALL_GUILDS) == membership()


async def test_what_is_sealed_under_a_key_that_is_not_here_yet_is_not_known(
    store: Store, place: Place, clock: Clock
) -> None:
    async with place.store(clock, NEW_SECRET, SECRET) as another:
        await another.memberships.remember(membership())
    assert await store.memberships.find(PERSON, ALL_GUILDS) is None
