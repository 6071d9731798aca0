"""How a call is sent: unless Discord is down, within its limits, more than once if need be.

A call goes through this file from top to bottom::

    send       the breaker: fails at once while Discord is known to be down
    _insist    sends it again where that is safe and may help
    _visit     waits for the limits, and learns from the answer
    _ask       one request, within what is left of the deadline
"""

import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import httpx
import structlog

from snowflake.concurrency.deadline import Clocks, left
from snowflake.discord.bounds import MAX_ANSWER
from snowflake.discord.calls import Call, is_invalid, is_limited
from snowflake.discord.circuit_breaker import Breaker, Outcome
from snowflake.discord.rate_limits import RateLimits
from snowflake.errors import TemporarilyUnavailable
from snowflake.outbound.answer import Answer
from snowflake.outbound.failures import NeverArrived, NoAnswer, TooLarge
from snowflake.outbound.sending import send
from snowflake.telemetry.metrics import DISCORD_CALLS, DISCORD_INVALID, DISCORD_SECONDS

#: How often a call is sent at most.
TRIES: Final = 3
#: Seconds before a second try, at most; before a third, twice as many.
PAUSE: Final = 0.4
#: Seconds that an answer takes. A code or a refresh token is not sent with fewer left, lest it be
#: spent for nothing.
LEAST: Final = 0.5

_log = structlog.get_logger(__name__)


class Sender:
    """Sends calls, within the deadline that has to be set around it.

    ``on_invalid`` is awaited for each answer that counts towards a ban.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        limits: RateLimits,
        breaker: Breaker,
        on_invalid: Callable[[], Awaitable[None]],
        clocks: Clocks,
    ) -> None:
        self._transport = transport
        self.limits, self.breaker = limits, breaker
        self._on_invalid = on_invalid
        self._clocks = clocks

    async def send(self, call: Call) -> Answer:
        """Answer what Discord answers, whatever its status.

        Raises:
            DiscordDown: it is known to answer nobody.
            TemporarilyUnavailable: it gave no answer, or may not be asked before the deadline.
        """
        self.breaker.check()
        outcome = Outcome.NEITHER
        try:
            response = await self._insist(call)
            outcome = call.outcome(response)
        except NoAnswer as failure:
            outcome = call.failure(arrived=not isinstance(failure, NeverArrived))
            _log.warning("discord_unreachable", route=call.place.route, error=str(failure))
            raise TemporarilyUnavailable(
                "Discord did not answer; try again", cause=str(failure)
            ) from None
        finally:
            self.breaker.note(outcome)
        return response

    async def probe(self, call: Call) -> Outcome:
        """Send a call once, whatever the breaker says, and answer what comes of it."""
        try:
            return call.outcome(await self._visit(call))
        except NoAnswer:
            return Outcome.FAILED
        except TemporarilyUnavailable:
            # It has to wait for a limit, as all others then have to.
            return Outcome.NEITHER

    async def _insist(self, call: Call) -> Answer:
        number = 0
        while True:
            number += 1
            # Many that failed at once must not come back at once.
            pause = random.uniform(0, PAUSE * number)  # noqa: S311 - no secret
            try:
                response = await self._visit(call)
            except NoAnswer as failure:
                safe = call.may_repeat or isinstance(failure, NeverArrived)
                if number == TRIES or not safe or pause >= self._left():
                    raise
            else:
                if number == TRIES or not call.wants_more(response):
                    return response
                if is_limited(response):
                    # The limits know now how long to wait.
                    continue
                if pause >= self._left():
                    return response
            await self._clocks.sleep(pause)

    async def _visit(self, call: Call) -> Answer:
        # After the wait there has to be time for the answer.
        patience = max(self._left() - LEAST, 0.0)
        response = await self.limits.within(call.place, patience, partial(self._ask, call))
        if is_invalid(response):
            DISCORD_INVALID.inc()
            await self._on_invalid()
        return response

    async def _ask(self, call: Call) -> Answer:
        started, seconds = self._clocks.now(), self._left()
        if seconds <= (0 if call.may_repeat else LEAST):
            raise TemporarilyUnavailable("there was no time left to ask Discord; try again")
        status = "none"
        try:
            response = await send(self._transport, call.request, seconds=seconds, size=MAX_ANSWER)
            status = str(response.status_code)
        except TooLarge as failure:
            _log.warning("discord_answer_too_long", path=call.request.url.path, most=MAX_ANSWER)
            raise TemporarilyUnavailable(
                "Discord gave no usable answer; try again", cause=str(failure), answered=True
            ) from None
        finally:
            route = call.place.route
            DISCORD_CALLS.labels(route, status).inc()
            DISCORD_SECONDS.labels(route).observe(self._clocks.now() - started)
        return response

    def _left(self) -> float:
        return left(0.0, self._clocks.now)
