"""A document of the provider, fetched when it is needed and kept for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from snowflake.errors import UpstreamError

Document = TypeVar("Document")


@dataclass(frozen=True, slots=True)
class _Fetched(Generic[Document]):
    document: Document
    at: float


@dataclass(slots=True)
class _Attempt:
    """What all who wait for one fetch have in common: how it failed, if it did."""

    failure: UpstreamError | None = None


class Kept(Generic[Document]):
    """The outcome of ``fetch``, for ``lifetime`` seconds of ``clock``. A failure is not kept."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Document]],
        lifetime: float,
        clock: Callable[[], float],
    ) -> None:
        self._fetch, self._lifetime, self._clock = fetch, lifetime, clock
        self._fetched: _Fetched[Document] | None = None
        self._lock = asyncio.Lock()
        self._attempt = _Attempt()

    async def get(self) -> Document:
        """Answer the document, fetched once for all who ask meanwhile.

        Raises:
            UpstreamError: as ``fetch`` does.
        """
        attempt = self._attempt
        if (fresh := self._fresh()) is not None:
            return fresh.document
        async with self._lock:
            if (fresh := self._fresh()) is not None:
                return fresh.document
            if attempt.failure is not None:
                # Somebody has asked in vain while this one waited; to ask again, one after the
                # other, would keep the last one waiting for as long as all of them together.
                raise type(attempt.failure)(*attempt.failure.args)
            try:
                document = await self._fetch()
            except UpstreamError as error:
                # Those who wait hear of it; whoever comes from now on begins another attempt.
                attempt.failure = error
                self._attempt = _Attempt()
                raise
            self._fetched = _Fetched(document, self._clock())
            return document

    def forget(self) -> None:
        """Fetch it anew the next time."""
        self._fetched = None

    def _fresh(self) -> _Fetched[Document] | None:
        fetched = self._fetched
        # A clock that was set back makes it older, not younger.
        if fetched is None or not 0 <= self._clock() - fetched.at < self._lifetime:
            return None
        return fetched
