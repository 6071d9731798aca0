"""Taking up a changed configuration while Snowflake runs."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


@contextmanager
def following(settings: Settings, use: Callable[[Settings], None]) -> Iterator[None]:
    """Read the configuration again at each SIGHUP during the block, and use what came of it.

    ``settings`` are those in use when it begins. Needs an event loop in the main thread.
    """
    reloader = Reloader(settings)

    def reload() -> None:
        changed = reloader.reload()
        if changed is not None:
            use(changed)

    if not hasattr(signal, "SIGHUP"):  # pragma: no cover - Windows
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
