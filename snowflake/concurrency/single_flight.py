"""One for all: of those who ask the same thing at the same time, one finds out."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class _Flight:
    """What is being found out, for so many who ask."""

    # Of any type: a key always asks for the same one.
    answer: asyncio.Future[Any]
    askers: int = 0


class _Kept(NamedTuple):
    answer: Any
    at: float


class SingleFlight:
    """What is being found out, by key, and what was found out in the last ``lifetime`` seconds.

    - Somebody who is cancelled goes alone, whether they came first or not: the others still get
      their answer. When all have gone, the work is cancelled.
    - A failure is raised to all who wait for it, and never kept: who comes after it tries again.
    - An answer is kept for ``lifetime`` seconds of ``clock``; without one, for those who wait.
    """

    def __init__(self, lifetime: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime, self._clock = lifetime, clock
        self._under_way: dict[Hashable, _Flight] = {}
        self._kept: dict[Hashable, _Kept] = {}

    def is_under_way(self, key: Hashable) -> bool:
        """Whether somebody is finding this out now, whose answer would be shared."""
        return key in self._under_way

    async def run(self, key: Hashable, work: Callable[[], Coroutine[None, None, Answer]]) -> Answer:
        """Answer what is kept, or what ``work`` answers once for all who come meanwhile.

        It is done in a task of its own. Raises as ``work`` does.
        """
        kept = self._kept.get(key)
        if kept is not None and self._is_fresh(kept):
            answer: Answer = kept.answer
            return answer
        return await self.renew(key, work)

    async def renew(
        self, key: Hashable, work: Callable[[], Coroutine[None, None, Answer]]
    ) -> Answer:
        """Find it out anew, as ``run`` does; what is kept stays so where that fails."""
        if key not in self._under_way:
            self._under_way[key] = _Flight(asyncio.create_task(self._keeping(key, work)))
        shared: Answer = await self.follow(key)
        return shared

    async def follow(self, key: Hashable) -> Any:
        """Answer or raise what comes of what is under way, as something has to be."""
        flight = self._under_way[key]
        flight.askers += 1
        try:
            return await asyncio.shield(flight.answer)
        finally:
            self._leave(key, flight)

    @contextmanager
    def leading(self, key: Hashable, answer: object) -> Iterator[None]:
        """Find out in the block, by work that is the leader's own and nobody else's.

        Those who ``follow`` get ``answer``, as the block leaves it, however that ends: also when
        the leader fails or is cancelled. Nobody may be leading already.
        """
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        flight = self._under_way[key] = _Flight(future, askers=1)
        try:
            yield
        finally:
            future.set_result(answer)
            self._leave(key, flight)

    def forget(self, key: Hashable) -> None:
        """Find it out anew the next time."""
        self._kept.pop(key, None)

    async def _keeping(
        self, key: Hashable, work: Callable[[], Coroutine[None, None, Answer]]
    ) -> Answer:
        answer = await work()
        if self._lifetime:
            # No more is remembered than what still serves.
            self._kept = {old: kept for old, kept in self._kept.items() if self._is_fresh(kept)}
            self._kept[key] = _Kept(answer, self._clock())
        return answer

    def _is_fresh(self, kept: _Kept) -> bool:
        # A clock that was set back makes it older, not younger.
        return 0 <= self._clock() - kept.at < self._lifetime

    def _leave(self, key: Hashable, flight: _Flight) -> None:
        flight.askers -= 1
        if not flight.askers:
            flight.answer.cancel()
        # Nobody joins what has ended, or is being cancelled.
        if (flight.answer.done() or not flight.askers) and self._under_way.get(key) is flight:
            del self._under_way[key]
