import asyncio

import pytest

from snowflake.concurrency.single_flight import SingleFlight
from tests.clocks import settle
from tests.running import Clock


class Lookup:
    """A lookup that takes until a test lets it end."""

    def __init__(self) -> None:
        self.asked = 0
        self.cancelled = 0
        self.answers: asyncio.Queue[int | Exception] = asyncio.Queue()

    async def __call__(self) -> int:
        self.asked += 1
        try:
            answer = await self.answers.get()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def lookup() -> Lookup:
    return Lookup()


async def test_those_who_ask_the_same_meanwhile_share_one_lookup(lookup: Lookup) -> None:
    flights = SingleFlight()
    askers = [asyncio.create_task(flights.run("key", lookup)) for _ in range(5)]
    await settle()
    lookup.answers.put_nowait(7)
    assert await asyncio.gather(*askers) == [7] * 5
    assert lookup.asked == 1


async def test_afterwards_it_is_looked_up_anew(lookup: Lookup) -> None:
    flights = SingleFlight()
    for answer in (1, 2):
        lookup.answers.put_nowait(answer)
        assert await flights.run("key", lookup) == answer


async def test_what_is_not_the_same_is_not_shared(lookup: Lookup) -> None:
    flights = SingleFlight()
    askers = [asyncio.create_task(flights.run(key, lookup)) for key in ("one", "two")]
    await settle()
    lookup.answers.put_nowait(1)
    lookup.answers.put_nowait(2)
    assert await asyncio.gather(*askers) == [1, 2]


async def test_a_failure_is_shared_too_and_not_kept(lookup: Lookup) -> None:
    flights = SingleFlight()
    askers = [asyncio.create_task(flights.run("key", lookup)) for _ in range(2)]
    await settle()
    lookup.answers.put_nowait(ValueError())
    assert [type(end) for end in await asyncio.gather(*askers, return_exceptions=True)] == [
        ValueError
    ] * 2
    lookup.answers.put_nowait(3)
    assert await flights.run("key", lookup) == 3


@pytest.mark.parametrize("first", [0, 1])
async def test_somebody_who_is_cancelled_does_not_cancel_the_others(
    lookup: Lookup, first: int
) -> None:
    flights = SingleFlight()
    askers = [asyncio.create_task(flights.run("key", lookup)) for _ in range(2)]
    await settle()
    askers[first].cancel()
    await settle()
    lookup.answers.put_nowait(7)
    assert await askers[1 - first] == 7
    assert (lookup.asked, lookup.cancelled) == (1, 0)


async def test_when_all_have_gone_so_does_the_lookup(lookup: Lookup) -> None:
    flights = SingleFlight()
    askers = [asyncio.create_task(flights.run("key", lookup)) for _ in range(2)]
    await settle()
    for asker in askers:
        asker.cancel()
    # Somebody who comes now does not wait for what is being cancelled.
    late = asyncio.create_task(flights.run("key", lookup))
    await settle()
    lookup.answers.put_nowait(7)
    assert await late == 7
    assert lookup.cancelled == lookup.asked - 1
    assert not flights.is_under_way("key")


@pytest.mark.parametrize(("seconds", "answer"), [(59, 1), (60, 2), (-1, 2)])
async def test_an_answer_is_kept_for_its_lifetime(
    lookup: Lookup, clock: Clock, seconds: float, answer: int
) -> None:
    flights = SingleFlight(60, clock)
    lookup.answers.put_nowait(1)
    lookup.answers.put_nowait(2)
    assert await flights.run("key", lookup) == 1
    clock.pass_by(seconds)
    assert await flights.run("key", lookup) == answer


async def test_an_answer_can_be_forgotten(lookup: Lookup, clock: Clock) -> None:
    flights = SingleFlight(60, clock)
    for answer in (1, 2):
        lookup.answers.put_nowait(answer)
        assert await flights.run("key", lookup) == answer
        flights.forget("key")


async def test_what_is_kept_no_longer_takes_no_room(lookup: Lookup, clock: Clock) -> None:
    flights = SingleFlight(60, clock)
    for key in range(3):
        lookup.answers.put_nowait(key)
        await flights.run(key, lookup)
        clock.pass_by(60)
    assert list(flights._kept) == [2]


async def test_a_leader_answers_for_those_who_follow(lookup: Lookup) -> None:
    flights, found = SingleFlight(), list[str]()
    with flights.leading("key", found):
        followers = [
            asyncio.create_task(flights.follow("key")),
            asyncio.create_task(flights.run("key", lookup)),
        ]
        await settle()
        # Whoever goes does not end what is the leader's.
        gone = asyncio.create_task(flights.follow("key"))
        await settle()
        gone.cancel()
        found.append("it")
    assert not flights.is_under_way("key")
    assert await asyncio.gather(*followers) == [["it"]] * 2
    assert lookup.asked == 0


@pytest.mark.parametrize("failure", [ValueError(), asyncio.CancelledError()])
async def test_a_leader_who_fails_leaves_what_was_found(failure: BaseException) -> None:
    flights, found = SingleFlight(), list[str]()

    async def lead() -> None:
        with flights.leading("key", found):
            await settle()
            raise failure

    leader = asyncio.create_task(lead())
    await asyncio.sleep(0)
    assert await flights.follow("key") == []
    assert not flights.is_under_way("key")
    await asyncio.wait([leader])
    assert leader.cancelled() or leader.exception() is failure


async def test_what_is_kept_serves_while_it_is_found_out_anew(lookup: Lookup, clock: Clock) -> None:
    flights = SingleFlight(60, clock)
    lookup.answers.put_nowait(1)
    assert await flights.run("key", lookup) == 1
    renewing = [asyncio.create_task(flights.renew("key", lookup)) for _ in range(3)]
    await settle()
    assert await flights.run("key", lookup) == 1
    lookup.answers.put_nowait(2)
    assert await asyncio.gather(*renewing) == [2] * 3
    assert await flights.run("key", lookup) == 2
    assert lookup.asked == 2


async def test_what_cannot_be_found_out_anew_stays_as_it_was(lookup: Lookup, clock: Clock) -> None:
    flights = SingleFlight(60, clock)
    lookup.answers.put_nowait(1)
    await flights.run("key", lookup)
    lookup.answers.put_nowait(RuntimeError("down"))
    with pytest.raises(RuntimeError, match="down"):
        await flights.renew("key", lookup)
    assert await flights.run("key", lookup) == 1
