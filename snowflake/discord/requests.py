"""Requests as Discord's API wants them, each within a deadline.

Lookups, which ask for something and change nothing, are shared by all who ask for the same at the
same time. All requests end within the deadline that is set around them
(``concurrency/deadline.py``), else each within its own.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Hashable, Mapping
from contextlib import AbstractContextManager
from typing import Final, TypeVar
from urllib.parse import urlencode

import httpx

from snowflake.concurrency.deadline import Clocks, deadline, left
from snowflake.concurrency.single_flight import SingleFlight
from snowflake.discord.calls import Call
from snowflake.discord.circuit_breaker import Outcome
from snowflake.discord.rate_limits import Place
from snowflake.discord.sending import Sender
from snowflake.errors import TemporarilyUnavailable
from snowflake.outbound.answer import Answer

#: Seconds for one step of a call, and for a free place in the pool.
TIMEOUT: Final = httpx.Timeout(5.0, connect=3.0)
EXTENSIONS: Final = {"timeout": TIMEOUT.as_dict()}
#: Seconds for which somebody who shares a lookup waits for it beyond their own deadline.
GRACE: Final = 0.1

T = TypeVar("T")


class Requests:
    """Makes requests with ``headers``, ``seconds`` their deadline where none is set around them."""

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

    def pause(self, place: Place) -> float:
        """Answer for how many seconds one waits whose request nobody waits for."""
        return self._sender.limits.pause(place)

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

    async def get(self, place: Place, url: httpx.URL | str, authorization: str) -> Answer:
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
    ) -> Answer:
        """Send ``body`` as JSON, and answer and raise as ``get`` does.

        For what comes to the same however often it is done (RFC 9110, section 9.2.2).
        """
        headers, content = {"Authorization": authorization}, None
        if method == "PUT":
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        request = self._request(method, url, headers, content)
        return await self._send(
            Call(place, request, may_repeat=True, wants_body=method != "DELETE")
        )

    async def post(
        self,
        place: Place,
        url: httpx.URL,
        form: Mapping[str, str],
        *,
        may_repeat: bool,
        wants_body: bool,
    ) -> Answer:
        """Send a form, and answer and raise as ``get`` does. The rest is as for a ``Call``."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request = self._request("POST", url, headers, urlencode(form).encode())
        return await self._send(Call(place, request, may_repeat=may_repeat, wants_body=wants_body))

    async def probe(self, place: Place, url: httpx.URL) -> Outcome:
        """Ask whether Discord is there, and answer what comes of it."""
        with self.deadline():
            return await self._sender.probe(Call(place, self._request("GET", url), may_repeat=True))

    def _request(
        self,
        method: str,
        url: httpx.URL | str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Request:
        every = {**self._headers, **(headers or {})}
        return httpx.Request(method, url, headers=every, content=content, extensions=EXTENSIONS)

    async def _send(self, call: Call) -> Answer:
        with self.deadline():
            return await self._sender.send(call)

    async def _once(self, key: Hashable, ask: Callable[[], Coroutine[None, None, T]]) -> T:
        try:
            async with asyncio.timeout(self.left() + GRACE):
                return await self._single_flight.run(key, ask)
        except TimeoutError:
            raise TemporarilyUnavailable("Discord did not answer; try again") from None
