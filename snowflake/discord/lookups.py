"""Lookups: calls that ask for something and change nothing, or put it as it is to be.

Lookups are shared by all who ask for the same at the same time. All calls end within the deadline
that is set around them (``deadline.py``), else each within its own.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Hashable, Mapping
from contextlib import AbstractContextManager
from typing import Final, TypeVar

import httpx

from snowflake.concurrency.single_flight import SingleFlight
from snowflake.discord.calls import Call
from snowflake.discord.clocks import Clocks
from snowflake.discord.deadline import deadline, left
from snowflake.discord.limits import Place
from snowflake.discord.sending import Sender
from snowflake.errors import TemporarilyUnavailable

#: Seconds for one step of a call, and for a free place in the pool.
TIMEOUT: Final = httpx.Timeout(5.0, connect=3.0)
EXTENSIONS: Final = {"timeout": TIMEOUT.as_dict()}
#: Seconds for which somebody who shares a lookup waits for it beyond their own deadline.
GRACE: Final = 0.1

T = TypeVar("T")


class Lookups:
    """Sends lookups with ``headers``. The deadline is ``seconds`` where none is set around them."""

    def __init__(
        self, sender: Sender, headers: Mapping[str, str], seconds: float, clocks: Clocks
    ) -> None:
        self._sender, self._headers = sender, headers
        self._single_flight = SingleFlight()
        self._seconds, self._clocks = seconds, clocks

    def deadline(self) -> AbstractContextManager[None]:
        """Give the block one deadline for all that it asks of Discord."""
        return deadline(self._seconds, self._clocks.now)

    def left(self) -> float:
        """Answer how many seconds there are left to ask Discord."""
        return left(self._seconds, self._clocks.now)

    async def shared(self, key: Hashable, ask: Callable[[], Coroutine[None, None, T]]) -> T:
        """Answer what ``ask`` answers, to everybody who asks for ``key`` meanwhile.

        Raises:
            TemporarilyUnavailable: the time was up; or as ``ask`` does.
        """
        with self.deadline():
            if self._single_flight.is_under_way(key):
                try:
                    return await self._once(key, ask)
                except TemporarilyUnavailable as error:
                    # A lookup ends at the deadline of whoever asked first, which may be sooner.
                    if error.answered or self.left() <= 0:
                        raise
            return await self._once(key, ask)

    async def get(self, place: Place, url: httpx.URL | str, authorization: str) -> httpx.Response:
        """Answer what Discord answers, whatever its status.

        Raises:
            TemporarilyUnavailable: it gave no answer, or may not be asked before the deadline.
        """
        return await self.send(place, "GET", url, authorization)

    async def send(
        self,
        place: Place,
        method: str,
        url: httpx.URL | str,
        authorization: str,
        body: object = None,
    ) -> httpx.Response:
        """Send ``body`` as JSON, and answer and raise as ``get`` does.

        For what comes to the same however often it is done (RFC 9110, section 9.2.2).
        """
        headers = {**self._headers, "Authorization": authorization}
        content = None
        if method == "PUT":
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        request = httpx.Request(
            method, url, headers=headers, content=content, extensions=EXTENSIONS
        )
        call = Call(place, request, may_repeat=True, wants_body=method != "DELETE")
        with self.deadline():
            return await self._sender.send(call)

    async def _once(self, key: Hashable, ask: Callable[[], Coroutine[None, None, T]]) -> T:
        try:
            async with asyncio.timeout(self.left() + GRACE):
                return await self._single_flight.run(key, ask)
        except TimeoutError:
            raise TemporarilyUnavailable("Discord did not answer; try again") from None
