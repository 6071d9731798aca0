"""``snowflake serve``."""

import asyncio
import os
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any

import structlog
import typer
import uvicorn
from click import BadParameter
from click.core import ParameterSource
from uvicorn.main import main as uvicorn_command

from snowflake.cli.showing_metrics import showing_metrics
from snowflake.errors import StartFault
from snowflake.logs import configure_logs
from snowflake.settings import Settings, load_settings, unknown_variables
from snowflake.state import State

_log = structlog.get_logger(__name__)

#: What we ask of Uvicorn unless its own variables say otherwise; the time is in seconds.
DEFAULTS: dict[str, Any] = {"server_header": False, "timeout_graceful_shutdown": 10}
#: What its variables cannot change. Its own access log, and its traces, hold query strings.
OURS: dict[str, Any] = {"access_log": False, "log_config": None, "log_level": None, "ws": "none"}
#: Parameters of its command line that ``uvicorn.run`` does not take as they come.
NOT_TAKEN = frozenset({"app", "factory", "headers"})


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "0.0.0.0",  # noqa: S104
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    workers: Annotated[
        int | None, typer.Option(help="Number of processes.", min=1, show_default="1")
    ] = None,
) -> None:
    """Serve Snowflake.

    It is configured by the variables SNOWFLAKE_* that the README lists.

    Behind a reverse proxy, set UVICORN_FORWARDED_ALLOW_IPS to the proxy's address, so that
    Snowflake can tell that people came by HTTPS. Uvicorn's other variables are respected too, but
    for UVICORN_HOST and UVICORN_PORT.
    """
    settings = load_settings()
    configure_logs(settings)
    for sentence in unknown_variables():
        _log.warning("unknown_variable", message=sentence)
    asyncio.run(_prepare(settings))
    options = {**DEFAULTS, **_uvicorn_variables(), "host": host, "port": port, **OURS}
    if workers is not None:
        options["workers"] = workers
    with _metrics(settings, options):
        uvicorn.run("snowflake.web.app:serve_app", factory=True, **options)


def _metrics(settings: Settings, options: dict[str, Any]) -> AbstractContextManager[None]:
    if settings.metrics is None:
        return nullcontext()
    # When Uvicorn serves in this process, and when in others.
    workers = options.get("workers") or int(os.environ.get("WEB_CONCURRENCY", "1"))
    return showing_metrics(settings.metrics, workers=workers > 1 or bool(options.get("reload")))


async def _prepare(settings: Settings) -> None:
    """Migrate the store and make the keys before any worker starts.

    So a fault is told once and plainly, and ends the command.
    """
    async with State.open(settings, wait=True):
        if settings.private_key is not None:
            _log.info("custom_private_key", message="signing with the key of SNOWFLAKE_PRIVATE_KEY")


def _uvicorn_variables() -> dict[str, Any]:
    """Answer what ``UVICORN_*`` variables ask for, read by Uvicorn's own command line.

    Raises:
        StartFault: one of them cannot be used.
    """
    try:
        context = uvicorn_command.make_context("uvicorn", ["app"], auto_envvar_prefix="UVICORN")
    except BadParameter as error:
        variable = f"UVICORN_{error.param.name.upper()}" if error.param else "UVICORN_*"
        raise StartFault([f"{variable}: {error.message}"]) from error
    return {
        name: value
        for name, value in context.params.items()
        if name not in NOT_TAKEN
        and context.get_parameter_source(name) is ParameterSource.ENVIRONMENT
    }
