"""Links: who is whom at the upstream provider."""

import asyncio
from dataclasses import replace

import pytest

from snowflake.store import Store, links
from snowflake.store.housekeeping import SLACK
from snowflake.store.link import Link
from tests.running import NOW, Clock
from tests.store.furniture import APPLICATION, PERSON, link, put_login, tokens
from tests.store.places import Place

OTHER = "197038439483310086"


async def put(store: Store, *made: Link) -> None:
    for one in made:
        await store.links.take_over(one, exclusive=False)


async def test_a_link_is_found_by_person_and_by_subject(store: Store) -> None:
    await put(store, link(), link(OTHER, "another"))
    assert await store.links.find(PERSON) == link()
    assert await store.links.find_by_subject("subject") == (link(),)
    assert await store.links.find("1") is None
    assert await store.links.find_by_subject("nobody") == ()


async def test_a_link_may_have_no_refresh_token_and_no_values_yet(store: Store) -> None:
    bare = replace(link(), refresh_token=None, values={}, username="")
    await put(store, bare)
    assert await store.links.find(PERSON) == bare


async def test_somebody_who_links_anew_has_the_new_link_alone(store: Store) -> None:
    await put(store, link(subject="before"))
    assert await store.links.take_over(link(), exclusive=True) == ()
    assert await store.links.find(PERSON) == link()
    assert await store.links.find_by_subject("before") == ()


async def test_an_upstream_account_is_taken_from_whoever_had_it(store: Store) -> None:
    await put(store, link(), link("1", "another"))
    assert await store.links.take_over(link(OTHER), exclusive=True) == (link(),)
    assert await store.links.find_by_subject("subject") == (link(OTHER),)
    assert await store.links.find("1") == link("1", "another")
    lost = await store.links.find(PERSON)
    assert lost is not None
    assert (lost.state, lost.subject, lost.refresh_token, lost.claims) == ("lost", "", None, {})
    assert (lost.values, lost.username) == (link().values, link().username)


async def test_what_was_lost_is_lost_once(store: Store) -> None:
    await put(store, link())
    await store.links.take_over(link(OTHER), exclusive=True)
    assert await store.links.take_over(link(OTHER), exclusive=True) == ()
    assert await store.links.take_over(link(), exclusive=True) == (link(OTHER),)
    assert await store.links.find_by_subject("subject") == (link(),)


async def test_an_upstream_account_may_be_shared_where_that_is_allowed(store: Store) -> None:
    await put(store, link())
    assert await store.links.take_over(link(OTHER), exclusive=False) == ()
    assert await store.links.find_by_subject("subject") == (link(OTHER), link())


async def test_of_many_who_take_an_account_at_once_one_has_it(
    place: Place, store: Store, clock: Clock
) -> None:
    people = [str(number) for number in range(1, 7)]
    async with place.store(clock) as another:
        taken = [
            (store, another)[number % 2].links.take_over(link(person), exclusive=True)
            for number, person in enumerate(people)
        ]
        lost = [one.person for answer in await asyncio.gather(*taken) for one in answer]
    [winner] = await store.links.find_by_subject("subject")
    assert sorted([*lost, winner.person]) == people


async def test_a_change_is_kept(store: Store) -> None:
    await put(store, link())
    changed = replace(link(), values={"member": "0"}, claims={"sub": "subject"}, synced_at=NOW + 1)
    assert await store.links.save(changed)
    assert await store.links.find(PERSON) == changed


async def test_a_change_does_not_bring_back_what_is_gone(store: Store) -> None:
    assert not await store.links.save(link())
    await put(store, replace(link(), linked_at=NOW + 1))
    assert not await store.links.save(link())
    await store.links.take_over(link(OTHER), exclusive=True)
    assert not await store.links.save(replace(link(), linked_at=NOW + 1))
    await store.links.end(link(OTHER))
    assert not await store.links.save(link(OTHER))
    ended = await store.links.find(OTHER)
    assert ended == replace(link(OTHER), refresh_token=None, claims={}, state="ended")


async def test_an_end_that_comes_late_is_not_that_of_a_newer_link(store: Store) -> None:
    newer = replace(link(), linked_at=NOW + 1)
    await put(store, newer)
    await store.links.end(link())
    assert await store.links.find(PERSON) == newer


async def test_whoever_has_failed_is_due_later_and_later_until_it_works(store: Store) -> None:
    await put(store, link(), link(OTHER, "another"))
    for pause in (10, 20, 40, 80, 160, 320, 320):
        await store.links.postpone(PERSON, NOW, 10, longer=True)
        assert await store.links.due(NOW + 1, NOW + pause - 1, 9) == (OTHER,)
        assert PERSON in await store.links.due(NOW + 1, NOW + pause, 9)
    failed = await store.links.find(PERSON)
    assert failed is not None
    # A new refresh token alone does not say that it works.
    assert await store.links.save(replace(failed, retry_at=0), seen=NOW)
    await store.links.postpone(PERSON, NOW, 10, longer=False)
    assert await store.links.due(NOW + 1, NOW + 9, 9) == (OTHER,)
    assert await store.links.save(replace(failed, synced_at=NOW + 1, retry_at=0), seen=NOW)
    await store.links.postpone(PERSON, NOW, 10, longer=True)
    assert PERSON in await store.links.due(NOW + 2, NOW + 10, 9)
    # The hook is for whoever has changed, who may work now.
    await store.links.hasten("subject")
    assert (await store.links.due(NOW, NOW, 9)) == (PERSON,)
    await store.links.postpone("nobody", NOW, 10, longer=True)


async def test_it_is_known_that_an_answer_may_be_lost(store: Store) -> None:
    await put(store, link())
    await store.links.mark(link(), NOW + 1)
    marked = await store.links.find(PERSON)
    assert marked == replace(link(), asked_at=NOW + 1)
    assert await store.links.save(link())
    assert await store.links.find(PERSON) == link()


async def test_those_that_wait_longest_are_due_first(store: Store) -> None:
    made = [link(str(number), str(number), NOW - number) for number in range(1, 6)]
    await put(store, *made)
    await store.links.end(made[4])
    assert await store.links.due(NOW - 1, NOW, 2) == ("4", "3")
    assert await store.links.due(NOW - 1, NOW, 9) == ("4", "3", "2")
    assert await store.links.due(NOW - 4, NOW, 9) == ()
    assert await store.links.by_age() == tuple(
        (str(number), NOW - number) for number in (4, 3, 2, 1)
    )


async def test_a_lost_link_is_due_at_once_until_it_is_removed(store: Store) -> None:
    await put(store, link())
    await store.links.take_over(link(OTHER), exclusive=True)
    assert await store.links.due(NOW, NOW, 9) == (PERSON,)
    await store.links.remove(PERSON)
    assert await store.links.due(NOW, NOW, 9) == ()
    assert await store.links.find(PERSON) is None


async def test_an_ended_link_has_no_subject_to_be_found_by_or_taken(store: Store) -> None:
    await put(store, link())
    await store.links.end(link())
    assert await store.links.find_by_subject("subject") == ()
    assert await store.links.take_over(link(OTHER), exclusive=True) == ()


async def test_all_are_told_page_by_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "PAGE", 2)
    people = [str(number) for number in range(1, 6)]
    await put(store, *(link(person) for person in reversed(people)))
    await store.links.end(link("2"))
    assert [person async for person in store.links.people()] == people


async def test_discords_tokens_are_needed_until_the_link_has_ended(store: Store) -> None:
    assert not await store.links.needs_tokens(APPLICATION, PERSON)
    await put(store, link())
    assert await store.links.needs_tokens(APPLICATION, PERSON)
    assert not await store.links.needs_tokens("another", PERSON)
    await store.links.end(link())
    assert not await store.links.needs_tokens(APPLICATION, PERSON)


async def test_housekeeping_keeps_the_tokens_that_a_link_needs(store: Store, clock: Clock) -> None:
    await put_login(store, "code")
    await put_login(store, "another", OTHER)
    await put(store, link())
    clock.pass_by(3600 + SLACK)
    await store.housekeeping.delete_expired()
    assert await store.grants.of_person(PERSON) == []
    assert await store.discord_tokens.find(APPLICATION, PERSON) == tokens()
    assert await store.discord_tokens.find(APPLICATION, OTHER) is None
    await store.links.end(link())
    await store.housekeeping.delete_expired()
    assert await store.discord_tokens.find(APPLICATION, PERSON) is None


async def test_somebody_who_is_erased_has_no_link(store: Store) -> None:
    await put(store, link(), link(OTHER))
    assert (await store.people.kept(PERSON)).link == link()
    await store.people.erase(PERSON)
    assert (await store.people.kept(PERSON)).link is None
    assert await store.links.find(OTHER) == link(OTHER)


@pytest.mark.parametrize("column", ["person", "application", "subject"])
async def test_a_row_that_was_swapped_with_another_is_not_believed(
    store: Store, place: Place, column: str
) -> None:
    await put(store, link())
    await place.change(f"UPDATE links SET {column} = '{OTHER}'")  # noqa: S608 - ours
    with pytest.raises(ValueError, match="another"):
        await store.links.find(OTHER if column == "person" else PERSON)


async def test_who_is_hastened_is_due_before_all_others(store: Store) -> None:
    await put(store, link("1", "one", 1), link("2", "two"), link("3", "three"))
    await store.links.end(link("3", "three"))
    for subject in ("two", "three", "nobody"):
        await store.links.hasten(subject)
    assert await store.links.due(NOW, NOW, 9) == ("2", "1")


async def test_who_is_hastened_during_a_sync_is_due_again(store: Store) -> None:
    await put(store, link())
    for _ in range(2):
        begun = await store.links.find(PERSON)
        assert begun is not None
        await store.links.hasten("subject")
        values = {"member": "0"}
        done = replace(begun, values=values, synced_at=NOW + 1)
        assert await store.links.save(done, seen=begun.synced_at)
        assert await store.links.due(1, NOW, 9) == (PERSON,)
        due = await store.links.find(PERSON)
        assert due is not None
        assert due.values == values
    begun = await store.links.find(PERSON)
    assert begun is not None
    assert await store.links.save(replace(begun, synced_at=NOW + 2), seen=begun.synced_at)
    assert await store.links.due(NOW, NOW, 9) == ()
