"""One after another: turns at something that not everybody may do at once."""

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary


class Turns:
    """A semaphore for each key, kept for as long as somebody holds it or waits for it.

    So many as ``at_once`` come at the same time; each does its own work, and shares nothing. Where
    one answer serves all, there is ``single_flight``.
    """

    def __init__(self, at_once: int = 1) -> None:
        self._at_once = at_once
        self._semaphores: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, key: Hashable) -> asyncio.Semaphore:
        """Answer the semaphore of a key."""
        semaphore = self._semaphores.get(key)
        if semaphore is None:
            semaphore = self._semaphores[key] = asyncio.Semaphore(self._at_once)
        return semaphore
