"""Names of the world that lead to this machine."""

import socket
from typing import Any

import pytest


def lead_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every name below example.com lead to this machine, and no proxy stand before it."""
    resolve = socket.getaddrinfo

    def here(host: Any, *arguments: Any, **more: Any) -> Any:  # as socket has them
        name = host.decode() if isinstance(host, bytes) else str(host)
        return resolve("127.0.0.1" if name.endswith(".example.com") else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
