"""Run an ASGI application in a thread, on a socket that is bound before anything else happens."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

STOP_TIMEOUT = 10.0
"""Seconds to wait for the thread at the end; a server that hangs dies with the process."""


@contextmanager
def serving(app: ASGIApp, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve an application until the block ends.

    Give the application, the port (0 for any free one) and the address to listen on. The block gets
    the origin, as ``http://localhost:PORT`` where the address is this machine's own; the server
    accepts connections from then on. At the end of the block, requests still under way are cut off.

    Raises OSError if the port cannot be bound, and whatever the application's lifespan raised.
    """
    listener = _bind(host, port)
    server = _Server(app, listener)
    server.thread.start()
    server.ready.wait()
    try:
        if server.fault is not None:
            raise server.fault
        yield _origin(host, listener.getsockname()[1])
    finally:
        server.should_exit = True
        server.thread.join(STOP_TIMEOUT)
        listener.close()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise OSError(error.errno, f"cannot listen on {host}, port {port}: {reason}") from error
    # Connections inherit it. asyncio overlooks sockets that it did not make, and each answer would
    # wait 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _origin(host: str, port: int) -> str:
    if host in {"127.0.0.1", "0.0.0.0", "::1", "::"}:  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """A uvicorn that says when it is up, keeps what went wrong, and leaves without waiting."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        self.ready = threading.Event()
        self.fault: BaseException | None = None
        self.thread = threading.Thread(target=self._run, args=(listener,), daemon=True)
        self._app = app
        self._lifespan_fault: BaseException | None = None
        # h11 and asyncio: always there, the same on every machine, and their transports are plain
        # asyncio ones, which the simulated Discord's failures rely on.
        super().__init__(
            uvicorn.Config(
                self._guarded,
                interface="asgi3",
                loop="asyncio",
                http="h11",
                ws="none",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )

    def _run(self, listener: socket.socket) -> None:
        try:
            asyncio.run(self.serve([listener]))
        except BaseException as error:  # noqa: BLE001 - raised in the other thread
            # uvicorn leaves with SystemExit when the lifespan failed, and keeps the reason.
            self.fault = self._lifespan_fault or error
        finally:
            self.ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()
        await super().shutdown(sockets)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            # Cut off by shutdown, above: uvicorn would print a traceback that nobody needs.
            return
        except Exception as error:
            if scope["type"] == "lifespan":
                self._lifespan_fault = error
            raise
