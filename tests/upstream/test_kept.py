import asyncio

import pytest

from snowflake.errors import UpstreamDown
from snowflake.upstream.kept import Kept
from tests.running import Clock


class Source:
    """Fetches when a test lets it."""

    def __init__(self) -> None:
        self.fetched = 0
        self.fails = False
        self.ready = asyncio.Event()
        self.ready.set()

    async def __call__(self) -> int:
        self.fetched += 1
        await self.ready.wait()
        if self.fails:
            raise UpstreamDown("jwks", "why")
        return self.fetched


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def kept(source: Source, clock: Clock) -> Kept[int]:
    return Kept(source, 60, clock)


async def asking(kept: Kept[int], number: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(kept.get()) for _ in range(number)]
    await asyncio.sleep(0)
    return tasks


async def test_it_is_fetched_once_for_all_who_ask_meanwhile(
    kept: Kept[int], source: Source
) -> None:
    source.ready.clear()
    tasks = await asking(kept, 3)
    source.ready.set()
    assert await asyncio.gather(*tasks) == [1, 1, 1]


async def test_all_who_wait_learn_of_one_failure(kept: Kept[int], source: Source) -> None:
    source.ready.clear()
    source.fails = True
    tasks = await asking(kept, 3)
    source.ready.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [repr(outcome) for outcome in outcomes] == [repr(UpstreamDown("jwks", "why"))] * 3
    assert source.fetched == 1


async def test_a_failure_is_not_kept(kept: Kept[int], source: Source) -> None:
    source.fails = True
    with pytest.raises(UpstreamDown, match="jwks: why"):
        await kept.get()
    source.fails = False
    assert await kept.get() == 2


async def test_who_goes_away_leaves_the_fetching_to_the_next(
    kept: Kept[int], source: Source
) -> None:
    source.ready.clear()
    first, second = await asking(kept, 2)
    first.cancel()
    source.ready.set()
    assert await second == 2


@pytest.mark.parametrize(("seconds", "answer"), [(59, 1), (60, 2), (-1, 2)])
async def test_it_is_kept_for_its_lifetime(
    kept: Kept[int], clock: Clock, seconds: float, answer: int
) -> None:
    assert await kept.get() == 1
    clock.pass_by(seconds)
    assert await kept.get() == answer


async def test_it_can_be_forgotten(kept: Kept[int]) -> None:
    await kept.get()
    kept.forget()
    assert await kept.get() == 2
