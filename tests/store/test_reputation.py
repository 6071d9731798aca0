from snowflake.store import Store
from snowflake.store.attempts import Share, Spent
from snowflake.store.reputation import GOOD_FOR
from tests.running import NOW, Clock

PAIR = ("pair",)
SHARE = [Share("somebody", 1)]


async def test_a_pair_is_good_once_it_was_accepted_and_until_it_is_forgotten(
    store: Store, clock: Clock
) -> None:
    assert await store.reputations.seen_at(PAIR) is None
    await store.reputations.accept(PAIR)
    assert await store.reputations.seen_at(PAIR) == NOW
    clock.pass_by(5)
    await store.reputations.accept(PAIR)
    assert await store.reputations.seen_at(PAIR) == NOW + 5
    assert await store.reputations.seen_at(("another",)) is None
    await store.reputations.forget(PAIR)
    assert await store.reputations.seen_at(PAIR) is None


async def test_a_pair_is_known_by_its_hashes_under_earlier_secrets_too(
    store: Store, clock: Clock
) -> None:
    both = ("under the new", "under the old")
    await store.reputations.accept(both[1:])
    assert await store.reputations.seen_at(both) == 0
    await store.reputations.accept(both)
    assert await store.reputations.seen_at(both) == NOW
    await store.reputations.forget(both)
    assert await store.reputations.seen_at(both) is None
    assert await store.reputations.seen_at(both[1:]) is None


async def test_a_pair_that_is_not_used_is_forgotten_in_the_end(store: Store, clock: Clock) -> None:
    await store.reputations.accept(PAIR)
    clock.pass_by(GOOD_FOR - 1)
    assert await store.housekeeping.delete_expired() == 0
    assert await store.reputations.seen_at(PAIR) == NOW
    clock.pass_by(1)
    assert await store.reputations.seen_at(PAIR) is None
    assert await store.housekeeping.delete_expired() == 1


async def test_the_attempt_that_shows_a_pair_to_be_good_is_taken_back(store: Store) -> None:
    attempt = await store.attempts.take(SHARE)
    assert isinstance(attempt, str)
    assert isinstance(await store.attempts.spent(SHARE), Spent)
    await store.reputations.accept(PAIR, attempt)
    assert await store.attempts.spent(SHARE) is None
