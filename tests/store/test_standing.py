import asyncio

import pytest

from snowflake.store import Store, standing
from snowflake.store.standing import BUDGET, CALLER_SHARE, CLIENT_SHARE, GOOD_FOR, WINDOW, Spent
from tests.running import NOW, Clock
from tests.store.places import Place

PAIR = ("pair",)


async def attempts(store: Store, number: int, client: str = "c", caller: str = "a") -> list[str]:
    made = [await store.standing.attempt(client, caller) for _ in range(number)]
    assert all(isinstance(attempt, str) for attempt in made)
    return [str(attempt) for attempt in made]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the shares small, in the order that the true ones have."""
    assert CLIENT_SHARE < CALLER_SHARE < BUDGET
    for name, share in (("CLIENT_SHARE", 2), ("CALLER_SHARE", 4), ("BUDGET", 6)):
        monkeypatch.setattr(standing, name, share)
    monkeypatch.setattr(standing, "MAX_INVALID", 10)


async def test_a_pair_is_good_once_it_was_accepted_and_until_it_is_forgotten(
    store: Store, clock: Clock
) -> None:
    assert await store.standing.seen_at(PAIR) is None
    await store.standing.accept(PAIR)
    assert await store.standing.seen_at(PAIR) == NOW
    clock.pass_by(5)
    await store.standing.accept(PAIR)
    assert await store.standing.seen_at(PAIR) == NOW + 5
    assert await store.standing.seen_at(("another",)) is None
    await store.standing.forget(PAIR)
    assert await store.standing.seen_at(PAIR) is None


async def test_a_pair_is_known_by_its_hashes_under_earlier_secrets_too(
    store: Store, clock: Clock
) -> None:
    both = ("under the new", "under the old")
    await store.standing.accept(both[1:])
    assert await store.standing.seen_at(both) == 0
    await store.standing.accept(both)
    assert await store.standing.seen_at(both) == NOW
    await store.standing.forget(both)
    assert await store.standing.seen_at(both) is await store.standing.seen_at(both[1:]) is None


async def test_a_pair_that_is_not_used_is_forgotten_in_the_end(
    store: Store, place: Place, clock: Clock
) -> None:
    await store.standing.accept(PAIR)
    clock.pass_by(GOOD_FOR - 1)
    assert await store.housekeeping.delete_expired() == 0
    assert await store.standing.seen_at(PAIR) == NOW
    clock.pass_by(1)
    assert await store.standing.seen_at(PAIR) is None
    assert await store.housekeeping.delete_expired() == 1


@pytest.mark.parametrize(
    ("client", "caller", "share", "number"),
    [("c", "{}", "client's share", 2), ("{}", "a", "caller's share", 4), ("{}", "{}", "budget", 6)],
)
async def test_a_share_can_be_spent_and_has_room_again_in_time(  # noqa: PLR0917
    store: Store, clock: Clock, small: None, client: str, caller: str, share: str, number: int
) -> None:
    for turn in range(number):
        assert isinstance(
            await store.standing.attempt(client.format(turn), caller.format(turn)), str
        )
        clock.pass_by(10)
    spent = await store.standing.attempt(client.format(99), caller.format(99))
    assert spent == Spent(share, NOW + WINDOW)  # type: ignore[arg-type]
    clock.now = NOW + WINDOW
    assert isinstance(await store.standing.attempt(client.format(99), caller.format(99)), str)
    # One has left the window, and one has come.
    spent = await store.standing.attempt(client.format(99), caller.format(99))
    assert spent == Spent(share, NOW + WINDOW + 10)  # type: ignore[arg-type]


async def test_of_several_spent_shares_the_one_that_lasts_longest_counts(
    store: Store, clock: Clock, small: None
) -> None:
    await attempts(store, 2, "c", "other")
    clock.pass_by(60)
    for client in "defg":
        await attempts(store, 1, client, "a")
    assert await store.standing.attempt("c", "a") == Spent("caller's share", NOW + 60 + WINDOW)


async def test_shares_of_others_are_their_own(store: Store, small: None) -> None:
    await attempts(store, 2, "c", "a")
    await attempts(store, 1, "d", "a")
    await attempts(store, 1, "e", "b")


async def test_what_is_taken_back_can_be_spent_again(store: Store, small: None) -> None:
    first, second = await attempts(store, 2)
    await store.standing.take_back(first)
    await attempts(store, 1)
    await store.standing.accept(PAIR, second)
    await attempts(store, 1)
    assert isinstance(await store.standing.attempt("c", "a"), Spent)


async def test_attempts_at_once_from_several_processes_stay_within_the_budget(
    store: Store, place: Place, clock: Clock, small: None
) -> None:
    async with place.store(clock) as another:
        rooms = [store.standing, another.standing] * 10
        made = await asyncio.gather(
            *(room.attempt(f"c{turn % 7}", f"a{turn % 5}") for turn, room in enumerate(rooms))
        )
    noted = [attempt for attempt in made if isinstance(attempt, str)]
    assert 0 < len(noted) <= 6
    [[rows]] = await place.rows("SELECT count(*) FROM attempts")
    assert rows == len(noted)


async def test_too_many_invalid_answers_end_all_attempts_for_a_while(
    store: Store, place: Place, clock: Clock, small: None
) -> None:
    async with place.store(clock) as another:
        await another.standing.add_invalid(3)
        clock.pass_by(60)
        await another.standing.add_invalid(4)
        await another.standing.add_invalid(2)
    await attempts(store, 1, "c", "a")
    spent = await store.standing.attempt("d", "b", invalid=1)
    # The first minute has to be over by a whole window.
    first = NOW // 60 * 60
    assert spent == Spent("budget", first + 60 + WINDOW)
    clock.now = first + 60 + WINDOW
    await attempts(store, 1, "d", "b")


async def test_invalid_answers_count_though_the_attempt_that_brings_them_is_refused(
    store: Store, place: Place, small: None
) -> None:
    await attempts(store, 2)
    assert isinstance(await store.standing.attempt("c", "a", invalid=7), Spent)
    assert await place.rows("SELECT answers FROM invalid_answers") == [(7,)]


async def test_what_no_window_reaches_any_more_is_deleted(store: Store, clock: Clock) -> None:
    await attempts(store, 1)
    await store.standing.add_invalid(3)
    clock.pass_by(WINDOW - 1)
    assert await store.housekeeping.delete_expired() == 0
    clock.pass_by(61)
    assert await store.housekeeping.delete_expired() == 2
