"""Structured logs: one line an event, on standard output.

Query strings, codes, tokens, secrets and addresses are never logged: nothing here sees a URL, and
events name what they log field by field.
"""

import logging
import sys

import structlog

from snowflake.settings import Settings

#: Libraries that would log URLs and values of statements, secrets among them, below a warning.
QUIET = ("aiosqlite", "alembic", "asyncio", "httpcore", "httpx", "sqlalchemy")


def configure_logs(settings: Settings) -> None:
    """Send all logs, those of libraries included, through structlog."""
    pretty = settings.log_format == "pretty" or (
        settings.log_format is None and sys.stdout.isatty()
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(pretty=pretty),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
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
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
