"""Commands that work on the store of a deployment, beside its running Snowflakes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from snowflake.configuration import load_settings
from snowflake.logs import configure_logs
from snowflake.state import State

Result = TypeVar("Result")


def with_state(work: Callable[[State], Awaitable[Result]]) -> Result:
    """Configure as ``serve`` does, do the work, answer what came of it.

    Raises:
        StartFault: the configuration cannot be used.
        TemporarilyUnavailable: the database cannot be reached.
    """
    # What a command has to say it prints; logs would only come between.
    settings = load_settings().model_copy(update={"log_level": "error"})
    configure_logs(settings)

    async def run() -> Result:
        async with State.open(settings) as state:
            return await work(state)

    return asyncio.run(run())
