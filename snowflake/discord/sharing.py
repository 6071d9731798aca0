"""One request for all who ask the same thing at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Sharing:
    """Lookups under way, by what they ask for."""

    def __init__(self) -> None:
        # Of any type: a key always asks for the same one.
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._askers: dict[asyncio.Task[Any], int] = {}

    def is_asked(self, key: Hashable) -> bool:
        """Whether somebody asks this now, whose lookup would be shared."""
        return key in self._under_way

    async def once(self, key: Hashable, ask: Callable[[], Coroutine[None, None, Answer]]) -> Answer:
        """Answer what ``ask`` answers, or raise as it does, once for all who come meanwhile.

        Somebody who is cancelled goes alone; when all have gone, so does the lookup.
        """
        task: asyncio.Task[Answer] | None = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(ask())
            self._askers[task] = 0
        self._askers[task] += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._askers[task] -= 1
            if not self._askers[task]:
                del self._askers[task]
                task.cancel()
            if (task.done() or task not in self._askers) and self._under_way.get(key) is task:
                del self._under_way[key]
