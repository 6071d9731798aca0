"""Work that goes on in the background, and comes to an end of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def in_background(
    work: Callable[[], Coroutine[Any, Any, None]], end: Callable[[], None]
) -> AsyncIterator[None]:
    """Do work during the block. After it, ``end`` tells it to stop, and it is waited for.

    It is not cut off: a statement that is would leave its connection in disorder.
    """
    task = asyncio.create_task(work())
    try:
        yield
    finally:
        end()
        await task
