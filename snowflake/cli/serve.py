"""``snowflake serve``."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any

import structlog
import typer
import uvicorn

from snowflake.cli.asking_discord import asking_discord
from snowflake.cli.showing_metrics import showing_metrics
from snowflake.cli.supervising import supervise
from snowflake.cli.uvicorn_variables import uvicorn_variables
from snowflake.cli.worker import Worker
from snowflake.configuration import cautions, load_settings, summary, unknown_variables
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.state import State
from snowflake.store.sqlite import is_in_memory
from snowflake.store.url import store_url
from snowflake.telemetry.logs import configure_logs
from snowflake.uris.hosts import MAX_PORT, is_loopback

_log = structlog.get_logger(__name__)

#: What we ask of Uvicorn unless its own variables say otherwise; times are in seconds. A worker
#: answers no check before it has read all of Snowflake, which a slow or busy machine takes longer
#: for than Uvicorn's five seconds: it would be killed and begun anew for ever. Proxies keep unused
#: connections for up to two minutes (Caddy's default); one that we close first may just then have
#: been given a request.
DEFAULTS: dict[str, Any] = {
    "http": "snowflake.web.connection:Connection",
    "server_header": False,
    "timeout_graceful_shutdown": 10,
    "timeout_keep_alive": 130,
    "timeout_worker_healthcheck": 30,
}
#: What its variables cannot change. Its own access log, and its traces, hold query strings. Whom
#: it trusts as a proxy, the application itself looks at (``web/reverse_proxy.py``).
OURS: dict[str, Any] = {
    "access_log": False,
    "log_config": None,
    "log_level": None,
    "proxy_headers": False,
    "ws": "none",
}
#: Addresses that stand for all of a machine's.
EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "0.0.0.0",  # noqa: S104
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=MAX_PORT)] = 8000,
    workers: Annotated[
        int | None, typer.Option(help="Number of processes.", min=1, show_default="1")
    ] = None,
) -> None:
    """Serve Snowflake.

    It is configured by the variables SNOWFLAKE_* and the file snowflake.toml; see 'snowflake guide
    configuration'. On SIGHUP it reads the file again.

    Behind a reverse proxy, set UVICORN_FORWARDED_ALLOW_IPS to the proxy's address, so that
    Snowflake can tell that people came by HTTPS. Uvicorn's other variables are respected too, but
    for UVICORN_HOST and UVICORN_PORT.
    """
    settings = load_settings()
    configure_logs(settings)
    # Named as all fields of the log are.
    told = {name.lower().replace(" ", "_"): text for name, text in summary(settings).items()}
    _log.info("configuration", **told)
    for sentence in unknown_variables():
        _log.warning("unknown_variable", message=sentence)
    for sentence in cautions(settings):
        _log.warning("configuration_caution", message=sentence)
    options = {**DEFAULTS, **uvicorn_variables(), "host": host, "port": port, **OURS}
    if workers is not None:
        options["workers"] = workers
    _check_metrics(settings, options)
    # When Uvicorn serves in this process, and when in others.
    several = options["workers"] > 1
    if several and is_in_memory(store_url(settings)):
        raise StartFault(
            ["several workers need a store that they share: let SNOWFLAKE_DATA_DIR be written to"]
        )
    asyncio.run(_prepare(settings))
    reloads = bool(options.get("reload"))
    with _metrics(settings, workers=several or reloads), asking_discord(settings):
        if several and not reloads:
            supervise(settings, options)
        else:
            # After a reload nothing is as it was, the settings neither.
            app = "snowflake.web.app:serve_app" if reloads else Worker(settings)
            uvicorn.run(app, factory=True, **options)


def _check_metrics(settings: Settings, options: dict[str, Any]) -> None:
    """Pass, unless metrics are to be where Snowflake itself listens.

    Raises:
        StartFault: they are. The metrics would be first, and Uvicorn's error would not name them.
    """
    if settings.metrics is None or options.get("uds") or options.get("fd") is not None:
        return
    hosts = {settings.metrics.host, options["host"]}
    shared = len(hosts) == 1 or hosts & EVERYWHERE or all(map(is_loopback, hosts))
    if settings.metrics.port == options["port"] and shared:
        raise StartFault(
            [f"SNOWFLAKE_METRICS: Snowflake itself listens on port {options['port']}; take another"]
        )


def _metrics(settings: Settings, *, workers: bool) -> AbstractContextManager[None]:
    if settings.metrics is None:
        return nullcontext()
    return showing_metrics(settings.metrics, workers=workers)


async def _prepare(settings: Settings) -> None:
    """Migrate the store and make the keys before any worker starts.

    So a fault is told once and plainly, and ends the command.
    """
    async with State.open(settings, wait=True):
        if settings.private_key is not None:
            _log.info("custom_private_key", message="signing with the key of SNOWFLAKE_PRIVATE_KEY")
