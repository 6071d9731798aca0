"""Taking up a changed configuration while Snowflake runs."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from snowflake.configuration.agreement import disagreements
from snowflake.configuration.loading import load_settings
from snowflake.errors import StartFault
from snowflake.registry import OF_CLIENTS
from snowflake.settings import Settings

_log = structlog.get_logger(__name__)


class Reloader:
    """Reads the configuration again, and knows which one is in use."""

    def __init__(self, settings: Settings) -> None:
        self._in_use = settings

    def reload(self) -> Settings | None:
        """Answer the settings to go by from now on; None to go on as before. The log says why.

        What holds for clients is taken up; all else waits for a restart.
        """
        try:
            read = load_settings()
        except StartFault as fault:
            _log.error("configuration_kept", message="it has faults", faults=fault.faults)
            return None
        changes = {
            name: getattr(read, name)
            for name in Settings.model_fields
            if getattr(read, name) != getattr(self._in_use, name)
        }
        taken, waiting = changes.keys() & OF_CLIENTS, changes.keys() - OF_CLIENTS
        if waiting:
            _log.warning("restart_needed", settings=sorted(waiting))
        if not taken:
            _log.info("configuration_kept", message="nothing has changed that can be taken up")
            return None
        settings = self._in_use.model_copy(update={name: changes[name] for name in taken})
        if any(disagreements(settings)):
            _log.error("configuration_kept", message="what has changed needs a restart as a whole")
            return None
        self._in_use = settings
        _log.info("configuration_changed", settings=sorted(taken), clients=len(settings.clients))
        return settings


@asynccontextmanager
async def following(settings: Settings, use: Callable[[Settings], None]) -> AsyncIterator[None]:
    """Read the configuration again at each SIGHUP during the block, and use what came of it.

    ``settings`` are those in use when it begins. The file is read in a thread, lest logins wait
    for it, and what came of it is used in the event loop, which has to be that of the main thread.
    """
    reloader, asked = Reloader(settings), asyncio.Event()

    async def follow() -> None:
        # One after the other: a signal that comes while the file is read has it read again.
        while await asked.wait():
            asked.clear()
            try:
                changed = await asyncio.to_thread(reloader.reload)
                if changed is not None:
                    use(changed)
            except Exception:  # noqa: BLE001 - it is logged, and there is nobody to raise it to
                # Whatever it was, the next signal must be heard.
                _log.exception("unexpected_error")

    if not hasattr(signal, "SIGHUP"):  # pragma: no cover - Windows
        yield
        return
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(follow())
    loop.add_signal_handler(signal.SIGHUP, asked.set)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        task.cancel()
        await asyncio.wait([task])
