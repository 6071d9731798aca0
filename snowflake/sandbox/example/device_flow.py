"""The device authorization grant (RFC 8628), as a device asks for it that has no browser."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final

import httpx
from authlib.common.errors import AuthlibBaseError

from snowflake.sandbox.example.relying_party import SCOPE, TIMEOUT

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:device_code"
#: Seconds between two questions if the provider does not say, and by which it slows down (section
#: 3.2; section 3.5).
INTERVAL: Final = 5.0


class DeviceFlowError(AuthlibBaseError):  # type: ignore[misc]  # Authlib has no types
    """What the provider answers instead of a code or of tokens."""


@dataclass
class Waiting:
    """A login that somebody has to allow elsewhere.

    ``answer`` is the provider's (section 3.2). Times are those of a clock, and ``interval`` is the
    time between two questions, in seconds.
    """

    url: str
    answer: Mapping[str, Any]
    ends_at: float
    interval: float
    asked_at: float
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def next_in(self, now: float) -> int:
        """Return in how many whole seconds the next question is due, one at least."""
        return max(1, ceil(self.asked_at + self.interval - now))


class DeviceFlow:
    """The requests. ``provider`` is an Authlib client, which does not know this grant."""

    def __init__(self, provider: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._provider, self.clock = provider, clock

    async def begin(self) -> Waiting:
        """Ask for codes (section 3.1).

        Raises DeviceFlowError, or what Authlib and httpx raise where there is no usable answer.
        """
        metadata = await self._provider.load_server_metadata()
        url = metadata["device_authorization_endpoint"]
        response = await _post(url, {"client_id": self._provider.client_id, "scope": SCOPE})
        answer = response.json()
        if response.is_error:
            raise DeviceFlowError(answer["error"], answer.get("error_description"))
        now = self.clock()
        ends_at, interval = now + answer["expires_in"], float(answer.get("interval", INTERVAL))
        # What the person sees, and what the device asks with.
        _ = answer["user_code"], answer["verification_uri"], answer["device_code"]
        return Waiting(url, answer, ends_at, interval, asked_at=now)

    async def ask(self, waiting: Waiting) -> dict[str, Any] | None:
        """Ask whether it has been allowed (section 3.4), unless the last question was just now.

        Return what the token endpoint answers; None if it is to be asked again. Raises
        DeviceFlowError if nothing comes of it any more.
        """
        now = self.clock()
        if now >= waiting.ends_at:
            raise DeviceFlowError("expired_token")
        if now < waiting.asked_at + waiting.interval:
            return None
        waiting.asked_at = now
        metadata = await self._provider.load_server_metadata()
        try:
            response = await _post(metadata["token_endpoint"], self.question(waiting))
        except httpx.TransportError:
            # Who is not there is not asked more often (section 3.5).
            waiting.interval *= 2
            return None
        answer: dict[str, Any] = response.json()
        if response.is_success:
            return answer
        match answer.get("error"):
            case "authorization_pending":
                return None
            case "slow_down":
                waiting.interval += INTERVAL
                return None
            case "temporarily_unavailable":
                waiting.interval *= 2
                return None
        raise DeviceFlowError(answer["error"], answer.get("error_description"))

    def question(self, waiting: Waiting) -> dict[str, str]:
        """Return the form of a question."""
        return {
            "grant_type": GRANT_TYPE,
            "device_code": waiting.answer["device_code"],
            "client_id": self._provider.client_id,
        }


async def _post(url: str, form: Mapping[str, str]) -> httpx.Response:
    # The provider is on this machine, where no proxy of the environment leads.
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT) as client:
        return await client.post(url, data=form)
