"""Whether Discord accepts client and bot, asked once beside ``snowflake serve``."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import structlog

from snowflake.operator.doctor.acceptance import acceptance, has_credentials
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.people.visible import visible
from snowflake.settings import Settings

_log = structlog.get_logger(__name__)


@contextmanager
def asking_discord(settings: Settings) -> Iterator[None]:
    """Ask in the background of the block, and log what came of it; nobody waits for it.

    It is asked here and not in the application, of which each worker has one.
    """
    if not has_credentials(settings):
        yield
        return
    loop = asyncio.new_event_loop()
    asking = loop.create_task(_ask(settings))
    thread = Thread(target=_run, args=(loop, asking), name="asking-discord", daemon=True)
    thread.start()
    try:
        yield
    finally:
        # The loop may be closed long since.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(asking.cancel)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, asking: asyncio.Task[None]) -> None:
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(asking)
    loop.close()


async def _ask(settings: Settings) -> None:
    try:
        async with Connections.open(settings) as connections:
            async for finding in acceptance(connections):
                _tell(finding)
    except Exception:  # noqa: BLE001 - it is logged, and the start does not depend on it
        _log.exception("unexpected_error")


def _tell(finding: Finding) -> None:
    log = _log.info if finding.status is Status.OK else _log.warning
    # Others choose the name of an application, and may mean it for the terminal.
    message = visible(f"{finding.subject}: {finding.text}")
    log("discord_asked", message=message, **({"cure": finding.cure} if finding.cure else {}))
