"""One request to the provider: within a time and a size, and to nobody who is near."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import httpx

from snowflake.errors import UpstreamDown
from snowflake.outbound.failures import NoAnswer, TooLarge
from snowflake.outbound.sending import send
from snowflake.outbound.transport import transport_to_any
from snowflake.telemetry.metrics import UPSTREAM_CALLS, UPSTREAM_SECONDS
from snowflake.upstream.bounds import MAX_ANSWER, MAX_CONNECTIONS
from snowflake.upstream.neighbourhood import Neighbourhood
from snowflake.upstream.route import Route

#: Seconds for one request and its whole answer.
SECONDS: Final = 10.0
#: What is asked for. A key set has a type of its own (RFC 7517, section 8.5.2), and Kubernetes
#: answers 406 to whoever does not take it.
_JSON: Final = "application/json"
_KEY_SET: Final = f"application/jwk-set+json, {_JSON}"


@dataclass(frozen=True, slots=True)
class Call:
    """A request. With a ``form`` it is a POST, else a GET."""

    route: Route
    url: str
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end. ``content_type`` is as the provider has it."""

    route: Route
    status: int
    content: bytes
    content_type: str


class Calls:
    """Sends requests, each once: a code works once, and so may a refresh token."""

    def __init__(self, transport: httpx.AsyncBaseTransport, neighbourhood: Neighbourhood) -> None:
        self._transport, self._neighbourhood = transport, neighbourhood

    @classmethod
    @asynccontextmanager
    async def open(cls, issuer: str) -> AsyncIterator["Calls"]:
        """Open the pool for a provider. A proxy is used if the environment names one."""
        async with transport_to_any(MAX_CONNECTIONS) as transport:
            yield cls(transport, Neighbourhood(issuer))

    async def send(self, call: Call) -> Reply:
        """Answer what the provider answers, whatever its status.

        Raises:
            UpstreamDown: it gives no answer in time, or too long a one.
            UpstreamMisconfigured: it is where only a provider on this machine may be.
        """
        started, status = time.monotonic(), "none"
        try:
            request = self._request(call)
            answer = await send(self._transport, request, seconds=SECONDS, size=MAX_ANSWER)
            status = str(answer.status_code)
        except TooLarge as failure:
            raise UpstreamDown(call.route, str(failure)) from None
        except NoAnswer as failure:
            raise UpstreamDown(call.route, f"no answer ({failure})") from None
        except (httpx.InvalidURL, UnicodeError):
            # Its host may be a name that IDNA does not know. The error's own words quote it.
            raise UpstreamDown(call.route, "its URL is none") from None
        finally:
            UPSTREAM_CALLS.labels(call.route, status).inc()
            UPSTREAM_SECONDS.labels(call.route).observe(time.monotonic() - started)
        content_type = answer.headers.get("content-type", "no content type")
        return Reply(call.route, answer.status_code, answer.content, content_type)

    def _request(self, call: Call) -> httpx.Request:
        return httpx.Request(
            "GET" if call.form is None else "POST",
            call.url,
            data=call.form,
            headers={"Accept": _accepted(call.route), **(call.headers or {})},
            extensions={"trace": partial(self._neighbourhood.check, call.route, call.url)},
        )


def _accepted(route: Route) -> str:
    return _KEY_SET if route == "jwks" else _JSON
