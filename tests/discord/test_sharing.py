import asyncio

import pytest

from snowflake.discord.sharing import Sharing
from tests.discord.clocks import settle


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
    sharing = Sharing()
    askers = [asyncio.create_task(sharing.once("key", lookup)) for _ in range(5)]
    await settle()
    lookup.answers.put_nowait(7)
    assert await asyncio.gather(*askers) == [7] * 5
    assert lookup.asked == 1


async def test_afterwards_it_is_looked_up_anew(lookup: Lookup) -> None:
    sharing = Sharing()
    for answer in (1, 2):
        lookup.answers.put_nowait(answer)
        assert await sharing.once("key", lookup) == answer


async def test_what_is_not_the_same_is_not_shared(lookup: Lookup) -> None:
    sharing = Sharing()
    askers = [asyncio.create_task(sharing.once(key, lookup)) for key in ("one", "two")]
    await settle()
    lookup.answers.put_nowait(1)
    lookup.answers.put_nowait(2)
    assert await asyncio.gather(*askers) == [1, 2]


async def test_a_failure_is_shared_too_and_not_kept(lookup: Lookup) -> None:
    sharing = Sharing()
    askers = [asyncio.create_task(sharing.once("key", lookup)) for _ in range(2)]
    await settle()
    lookup.answers.put_nowait(ValueError())
    assert [type(end) for end in await asyncio.gather(*askers, return_exceptions=True)] == [
        ValueError
    ] * 2
    lookup.answers.put_nowait(3)
    assert await sharing.once("key", lookup) == 3


@pytest.mark.parametrize("first", [0, 1])
async def test_somebody_who_is_cancelled_does_not_cancel_the_others(
    lookup: Lookup, first: int
) -> None:
    sharing = Sharing()
    askers = [asyncio.create_task(sharing.once("key", lookup)) for _ in range(2)]
    await settle()
    askers[first].cancel()
    await settle()
    lookup.answers.put_nowait(7)
    assert await askers[1 - first] == 7
    assert (lookup.asked, lookup.cancelled) == (1, 0)


async def test_when_all_have_gone_so_does_the_lookup(lookup: Lookup) -> None:
    sharing = Sharing()
    askers = [asyncio.create_task(sharing.once("key", lookup)) for _ in range(2)]
    await settle()
    for asker in askers:
        asker.cancel()
    # Somebody who comes now does not wait for what is being cancelled.
    late = asyncio.create_task(sharing.once("key", lookup))
    await settle()
    lookup.answers.put_nowait(7)
    assert await late == 7
    assert lookup.cancelled == lookup.asked - 1
