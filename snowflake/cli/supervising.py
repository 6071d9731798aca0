"""Several worker processes, and what they do when the configuration changes."""

import os
import signal
from pathlib import Path
from socket import socket
from typing import Any, cast

import uvicorn
from uvicorn.supervisors import Multiprocess

from snowflake.cli.worker import Worker
from snowflake.configuration.reloading import Reloader
from snowflake.settings import Settings


class Supervisor(Multiprocess):
    """Uvicorn's supervisor, but that no worker is restarted at SIGHUP.

    Workers are handed the settings when they start: one that ends while the file is faulty is
    followed by one that goes on with those in use.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket], settings: Settings) -> None:
        super().__init__(config, sockets)
        self._reloader = Reloader(settings)
        self._hand(settings)

    def _hand(self, settings: Settings) -> None:
        self.config.app = Worker(settings)

    def handle_hup(self) -> None:
        """Have every worker read the configuration again, if that goes well here."""
        settings = self._reloader.reload()
        if settings is None:
            return
        self._hand(settings)
        for worker in self.processes:
            # One that has just ended is followed by one that has the settings.
            if worker.process.is_alive():
                os.kill(cast(int, worker.process.pid), signal.SIGHUP)


def supervise(settings: Settings, options: dict[str, Any]) -> None:
    """Serve in several processes, as ``uvicorn.run`` does with these options, until the end."""
    config = uvicorn.Config(Worker(settings), factory=True, **options)
    try:
        Supervisor(config, [config.bind_socket()], settings).run()
    finally:
        if config.uds:
            Path(config.uds).unlink(missing_ok=True)
