"""Taking up a changed configuration while Snowflake runs."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from snowflake.configuration.agreement import disagreements
from snowflake.configuration.document import Keys
from snowflake.configuration.loading import load_settings
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.settings.registry import OF_CLIENTS
from snowflake.telemetry.audit import audit

_log = structlog.get_logger(__name__)

#: Why settings wait for a restart -> which ones do.
WAITING: Final = {
    "paths, names and pages of the server are made of it at the start": (
        *("issuer", "base_path", "allowed_hosts", "treat_loopback_as_secure", "root_redirect"),
        *("enable_docs", "allowed_webfinger_hosts", "fix_redirect_uris", "return_to_referrer"),
        *("include_unverified_email", "discord_authorize_url", "discord_public_key"),
    ),
    "sessions begin with it": ("session_lifetime",),
    "the store is opened with it": ("data_dir", "database_url", "secret_key"),
    "the keys are read with it": ("private_key", "key_rotation"),
    "the connection to Discord is opened with it": (
        *("discord_api_url", "discord_bot_token", "discord_deadline", "discord_cache"),
    ),
    "the connection to the provider of linked roles is opened with it": ("linked_roles",),
    "pages are put together with it": ("pages",),
    "logs and metrics begin with it": ("log_level", "log_format", "log_people", "metrics"),
    "the file has been found by it": ("config",),
}


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
            why = {name: _why(name) for name in sorted(waiting)}
            _log.warning("restart_needed", settings=list(why), why=why)
        if not taken:
            message = (
                "nothing else has changed"
                if waiting
                else "nothing has changed in the file; variables change with a restart alone"
            )
            _log.info("configuration_kept", message=message)
            return None
        settings = self._in_use.model_copy(update={name: changes[name] for name in taken})
        missing = [f"{_dotted(keys)}: {reason}" for keys, reason in disagreements(settings)]
        if missing:
            message = "what has changed needs a restart as a whole: without it the rest has faults"
            _log.error("configuration_kept", message=message, faults=missing)
            return None
        self._in_use = settings
        audit(
            "configuration_changed",
            "taken_up",
            settings=sorted(taken),
            clients=len(settings.clients),
        )
        return settings


def _why(name: str) -> str:
    """Answer why a setting waits for a restart."""
    return next((why for why, names in WAITING.items() if name in names), "it is read at the start")


def _dotted(keys: Keys) -> str:
    return ".".join(map(str, keys))


@asynccontextmanager
async def following(
    settings: Settings, use: Callable[[Settings], Awaitable[None]]
) -> AsyncIterator[None]:
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
                    await use(changed)
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
