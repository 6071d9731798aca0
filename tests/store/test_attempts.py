import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from snowflake.store import Store
from snowflake.store.attempts import WINDOW, Share, Spent
from snowflake.store.postgresql import Postgresql
from tests.running import NOW, Clock
from tests.store.places import Place, place_on

ONE, TWO, ALL = Share("one", 2), Share("two", 4), Share("all", 6)
DAY = 86400


async def take(store: Store, number: int, *shares: Share) -> list[str]:
    made = [await store.attempts.take(shares) for _ in range(number)]
    assert all(isinstance(attempt, str) for attempt in made)
    return [str(attempt) for attempt in made]


async def test_a_share_can_be_spent_and_has_room_again_in_time(store: Store, clock: Clock) -> None:
    for _ in range(4):
        assert await store.attempts.spent([TWO]) is None
        await take(store, 1, TWO)
        clock.pass_by(10)
    assert await store.attempts.take([TWO]) == Spent("two", WINDOW - 40)
    assert await store.attempts.spent([TWO]) == Spent("two", WINDOW - 40)
    clock.now = NOW + WINDOW
    assert await store.attempts.spent([TWO]) is None
    await take(store, 1, TWO)
    # One has left the window, and one has come.
    assert await store.attempts.take([TWO]) == Spent("two", 10)


async def test_of_several_spent_shares_the_one_that_lasts_longest_counts(
    store: Store, clock: Clock
) -> None:
    await take(store, 2, ONE)
    clock.pass_by(60)
    await take(store, 4, TWO)
    assert await store.attempts.take([ONE, TWO]) == Spent("two", WINDOW)
    assert await store.attempts.spent([ONE, ALL]) == Spent("one", WINDOW - 60)


async def test_an_attempt_spends_a_share_of_each_of_its_owners_and_of_nobody_else(
    store: Store,
) -> None:
    await take(store, 2, ONE, ALL)
    await take(store, 4, TWO, ALL)
    for share in (ONE, TWO, ALL):
        assert await store.attempts.spent([share]) == Spent(share.owner, WINDOW)
    assert await store.attempts.spent([Share("other", 1)]) is None


async def test_what_is_taken_back_can_be_spent_again(store: Store) -> None:
    first, _ = await take(store, 2, ONE, ALL)
    await store.attempts.take_back(first)
    await take(store, 1, ONE, ALL)
    assert isinstance(await store.attempts.take([ONE]), Spent)


async def test_what_has_failed_counts_beyond_the_share_too(store: Store) -> None:
    for _ in range(3):
        await store.attempts.count([ONE])
    assert await store.attempts.spent([ONE]) == Spent("one", WINDOW)


async def test_one_may_count_for_many_or_for_nothing(
    store: Store, place: Place, clock: Clock
) -> None:
    stop = Share("stop", 10, 0)
    await take(store, 3, stop)
    assert await place.rows("SELECT * FROM attempts") == []
    await store.attempts.count([Share("stop", 10, 9)])
    assert await store.attempts.spent([stop]) is None
    clock.pass_by(5)
    await store.attempts.count([Share("stop", 10, 2)])
    assert await store.attempts.spent([stop, ONE]) == Spent("stop", WINDOW - 5)


async def test_a_share_of_nothing_is_always_spent(store: Store) -> None:
    assert await store.attempts.spent([Share("nobody", 0)]) == Spent("nobody", WINDOW)


async def test_attempts_at_once_from_several_processes_stay_within_the_share(
    store: Store, place: Place, clock: Clock
) -> None:
    async with place.store(clock) as another:
        rooms = [store.attempts, another.attempts] * 10
        made = await asyncio.gather(*(room.take([ALL]) for room in rooms))
    noted = [attempt for attempt in made if isinstance(attempt, str)]
    assert len(noted) == ALL.most
    assert await place.rows("SELECT count(*) FROM attempts") == [(ALL.most,)]


@pytest.mark.parametrize("way", ["spent", "take"])
async def test_a_clock_that_is_set_back_resets_no_share_and_locks_nobody_out_for_ever(
    store: Store, clock: Clock, way: str
) -> None:
    ask = {"spent": store.attempts.spent, "take": store.attempts.take}[way]
    await take(store, 2, ONE)
    clock.pass_by(-DAY)
    assert await ask([ONE]) == Spent("one", WINDOW)
    clock.pass_by(WINDOW - 1)
    assert await ask([ONE]) == Spent("one", 1)
    clock.pass_by(1)
    assert not isinstance(await ask([ONE]), Spent)


async def test_what_was_tried_while_the_clock_was_ahead_locks_nobody_out(
    store: Store, clock: Clock
) -> None:
    clock.pass_by(DAY)
    await take(store, 2, ONE)
    clock.now = NOW
    await store.attempts.forget_old()
    clock.pass_by(WINDOW)
    assert await store.attempts.spent([ONE]) is None


async def test_a_machine_whose_clock_is_wrong_ends_nobody_elses_window(
    tmp_path: Path, clock: Clock
) -> None:
    # On SQLite one machine has one clock.
    place, ahead = place_on("postgresql", tmp_path), Clock()
    ahead.pass_by(DAY)
    async with place.store(clock) as one, place.store(ahead) as other:
        await take(one, 2, ONE)
        await other.attempts.forget_old()
        for store in (one, other):
            spent = await store.attempts.spent([ONE])
            assert spent is not None
            assert 0 < spent.wait <= WINDOW


async def test_what_no_window_reaches_any_more_is_deleted(
    store: Store, place: Place, clock: Clock
) -> None:
    async def rows() -> Sequence[object]:
        return await place.rows("SELECT at FROM attempts")

    await take(store, 1, ONE)
    clock.pass_by(WINDOW - 1)
    await store.attempts.forget_old()
    assert len(await rows()) == 1
    clock.pass_by(1)
    await store.attempts.forget_old()
    assert await rows() == []


@pytest.mark.real_time
async def test_a_server_says_what_time_it_is(place: Place, clock: Clock) -> None:
    async with place.database() as database:
        now = await database.read(lambda c: database.now(c, clock))
    assert isinstance(now, float)
    assert (now == NOW) == (not isinstance(database, Postgresql))
