"""Prometheus' metrics at an address of their own, beside ``snowflake serve``."""

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from prometheus_client import REGISTRY, CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from snowflake.errors import StartFault
from snowflake.settings.values import Address

#: The variable by which Prometheus' library counts into files, one a process and kind of metric.
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def showing_metrics(address: Address, *, workers: bool) -> Iterator[None]:
    """Show metrics until the block ends: this process's own, or all workers' together.

    Workers have to be started inside the block; they learn from the environment where to count.

    Raises:
        StartFault: nothing can listen at the address.
    """
    if not workers:
        with _listening(address, REGISTRY):
            yield
        return
    # Nobody else may read it, and what was counted ends with this process.
    with TemporaryDirectory(prefix="snowflake-metrics-") as directory:
        registry = CollectorRegistry()
        registry.register(Workers(Path(directory)))
        with _listening(address, registry):
            os.environ[DIRECTORY] = directory
            try:
                yield
            finally:
                del os.environ[DIRECTORY]


class Workers(Collector):
    """What the workers have counted into a directory, those that have ended included."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterable[Metric]:
        """Sum it up. Of workers that have ended, only what tells the present is forgotten."""
        alive = {str(worker.pid) for worker in multiprocessing.active_children()}
        present = {file.stem.rpartition("_")[2] for file in self._directory.glob("gauge_live*.db")}
        for pid in present - alive:
            mark_process_dead(pid, str(self._directory))  # type: ignore[no-untyped-call]
        collector = MultiProcessCollector(None, str(self._directory))  # type: ignore[no-untyped-call]
        return cast(Iterable[Metric], collector.collect())  # type: ignore[no-untyped-call]


@contextmanager
def _listening(address: Address, registry: CollectorRegistry) -> Iterator[None]:
    try:
        server, thread = start_http_server(address.port, address.host, registry)
    except OSError as error:
        where = f"{address.host}, port {address.port}"
        raise StartFault(
            [f"SNOWFLAKE_METRICS: cannot listen on {where}: {error.strerror}"]
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
