"""Sleeping otherwise, in one module."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import pytest


def let_sleep(
    monkeypatch: pytest.MonkeyPatch, module: str, sleep: Callable[[float], Awaitable[None]]
) -> None:
    """Let a module, by its name, call something else as ``asyncio.sleep``.

    ``asyncio`` itself belongs to all: servers that earlier tests have started live in threads of
    this process, and one that never wakes up again serves nobody.
    """
    monkeypatch.setattr(f"{module}.asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep}))
