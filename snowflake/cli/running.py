"""Commands that work on the store of a deployment, beside its running Snowflakes."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

from snowflake.configuration import load_settings
from snowflake.crypto.sealing import check_secret_is_there
from snowflake.state import State
from snowflake.store import check_made
from snowflake.store.url import store_url
from snowflake.telemetry.logs import configure_logs

Result = TypeVar("Result")


def with_state(work: Callable[[State], Awaitable[Result]]) -> Result:
    """Configure as ``serve`` does, do the work, answer what came of it.

    It is done with a store that is there already. A new one would hold nobody and nothing, and the
    command would seem to have done what was asked. An older one is left as it is, for an older
    Snowflake may be running on it.

    Raises:
        StartFault: the configuration cannot be used, or the store is not there, or is older.
        TemporarilyUnavailable: the database cannot be reached.
    """
    # What a command has to say it prints; logs would only come between. The audit log goes beside.
    settings = load_settings()
    names_people = settings.log_people or settings.log_level == "debug"
    quiet = {"log_level": "error", "log_people": names_people}
    settings = settings.model_copy(update=quiet)
    configure_logs(settings, sys.stderr)

    async def run() -> Result:
        await check_made(store_url(settings))
        check_secret_is_there(settings)
        async with State.open(settings) as state:
            return await work(state)

    return asyncio.run(run())
