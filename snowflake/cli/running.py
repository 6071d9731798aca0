"""Commands that work on the store of a deployment, beside its running Snowflakes."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

from snowflake.configuration import load_settings
from snowflake.state import State
from snowflake.store.url import check_exists, store_url
from snowflake.telemetry.logs import configure_logs

Result = TypeVar("Result")


def with_state(work: Callable[[State], Awaitable[Result]], *, of_people: bool = False) -> Result:
    """Configure as ``serve`` does, do the work, answer what came of it.

    Work ``of_people`` is done with a store that is there already: in a new one it would find
    nobody, and seem to have done what was asked.

    Raises:
        StartFault: the configuration cannot be used, or the store is not there.
        TemporarilyUnavailable: the database cannot be reached.
    """
    # What a command has to say it prints; logs would only come between. The audit log goes beside.
    settings = load_settings()
    names_people = settings.log_people or settings.log_level == "debug"
    quiet = {"log_level": "error", "log_people": names_people}
    settings = settings.model_copy(update=quiet)
    configure_logs(settings, sys.stderr)
    if of_people:
        check_exists(store_url(settings))

    async def run() -> Result:
        async with State.open(settings) as state:
            return await work(state)

    return asyncio.run(run())
