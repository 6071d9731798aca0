"""Structured logs: one line an event, on standard output.

Our own events go there directly: the standard library's way would double what a line costs. Only
what libraries log comes by it, and ends in the same format and the same stream.

Audit lines (``audit``) are among them, of whatever level the others are. People are named where
that is asked for.

Query strings, codes, tokens, secrets and addresses are never logged: of a URL nothing comes here
but what ``differences.shown`` leaves of it, and events name what they log field by field.
"""

import logging
import sys
from threading import Lock
from typing import TextIO

import structlog

from snowflake.settings import Settings
from snowflake.telemetry.audit import EVENTS

#: Libraries that would log URLs and values of statements, secrets among them, below a warning.
QUIET = ("aiohttp", "alembic", "asyncio", "httpcore", "httpx", "sqlalchemy")


class Lines:
    """Writes whole lines to a stream, each at once: a crash loses none, and threads mix none.

    A line that cannot be written (the disk is full, the reader has gone) is lost. What it was about
    goes on.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._lock = stream, Lock()

    def write(self, line: str) -> None:
        """Write a line, which comes without its end."""
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            # A ValueError is a closed stream, or a character that it cannot encode.
            except (OSError, ValueError):
                pass

    #: The names by which structlog calls it. The line says its level itself.
    debug = info = warning = error = critical = write


class LibraryHandler(logging.Handler):
    """Writes what libraries log among our own lines."""

    def __init__(self, lines: Lines, formatter: logging.Formatter) -> None:
        super().__init__()
        self._lines = lines
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            self._lines.write(self.format(record))
        except Exception:  # noqa: BLE001 - arguments that do not fit are the library's fault
            self.handleError(record)


def configure_logs(
    settings: Settings, stream: TextIO | None = None, *, audited: bool = True
) -> None:
    """Send all logs, those of libraries included, to standard output, or to a stream.

    Where nobody has to account for anything, they are not ``audited``.
    """
    stream = stream or sys.stdout
    pretty = settings.log_format == "pretty" or (settings.log_format is None and stream.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    lines, renderers = Lines(stream), _renderers(pretty=pretty)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not audited:
        shared.append(_without_audit)
    if not settings.log_people and level > logging.DEBUG:
        shared.append(_without_person)
    structlog.configure(
        processors=[*shared, *renderers],
        # The same for every logger: one is assembled for each line.
        logger_factory=lambda *_: lines,
        # What is below the level costs nothing more than this.
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[without_meta, *renderers]
    )
    root = logging.getLogger()
    root.handlers = [LibraryHandler(lines, formatter)]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], name != "uvicorn.access"
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _renderers(*, pretty: bool) -> list[structlog.typing.Processor]:
    if pretty:
        # The plain traceback: the others print the values of variables, secrets among them.
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    compact = structlog.processors.JSONRenderer(separators=(",", ":"))
    return [structlog.processors.format_exc_info, compact]


def _without_audit(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    if event["event"] in EVENTS:
        raise structlog.DropEvent
    return event


def _without_person(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Take out who it was about, which most operators have no need to know."""
    event.pop("person", None)
    return event
