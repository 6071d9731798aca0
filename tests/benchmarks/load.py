"""Many at once: each takes the next task as soon as its last one is done."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

Task = TypeVar("Task")

#: Seconds after which a load that goes nowhere is given up.
PATIENCE = 300


@dataclass(frozen=True)
class Done:
    """How many tasks were done in how many seconds."""

    number: int
    seconds: float

    @property
    def rate(self) -> float:
        """Tasks a second."""
        return self.number / self.seconds


def for_seconds(seconds: float, tasks: Iterable[Task]) -> Iterator[Task]:
    """Give out tasks until the time is over, which begins with the first."""
    end = time.perf_counter() + seconds
    for task in tasks:
        yield task
        if time.perf_counter() >= end:
            return


async def work(
    workers: Sequence[Callable[[Task], Awaitable[object]]], tasks: Iterable[Task]
) -> Done:
    """Let all workers take tasks from one pile until there are none left."""
    pile = iter(tasks)
    number = 0

    async def one(worker: Callable[[Task], Awaitable[object]]) -> None:
        nonlocal number
        for task in pile:
            await worker(task)
            number += 1

    started = time.perf_counter()
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(one(worker))
    return Done(number, time.perf_counter() - started)
