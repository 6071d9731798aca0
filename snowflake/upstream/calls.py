"""One request to the provider: over a pool of connections, and limited in time and size."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx

from snowflake import __version__
from snowflake.errors import UpstreamDown
from snowflake.outbound.connections import KEEP_ALIVE, Transport
from snowflake.outbound.reasons import reason_of
from snowflake.telemetry.metrics import UPSTREAM_CALLS, UPSTREAM_SECONDS
from snowflake.upstream.neighbourhood import Neighbourhood
from snowflake.upstream.route import Route

#: Seconds for one request and its whole answer.
SECONDS: Final = 10.0
#: Bytes of an answer. Claims with a thousand groups have a tenth of it.
MAX_BODY: Final = 1_000_000
#: Connections that a process has at most.
MAX_CONNECTIONS: Final = 20


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

    def __init__(self, client: httpx.AsyncClient, neighbourhood: Neighbourhood) -> None:
        self._client, self._neighbourhood = client, neighbourhood

    @classmethod
    @asynccontextmanager
    async def open(cls, issuer: str) -> AsyncIterator["Calls"]:
        """Open the pool for a provider. A proxy is used if the environment names one."""
        headers = {
            "User-Agent": f"Snowflake/{__version__}",
            "Accept": "application/json",
            # The size of a packed answer is known only when it is too late.
            "Accept-Encoding": "identity",
        }
        async with httpx.AsyncClient(
            headers=headers,
            # Cookies are one person's, and would travel with the next one's requests.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            # Where a redirect leads nobody has checked.
            follow_redirects=False,
            timeout=SECONDS,
            transport=Transport(
                httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_ALIVE)
            ),
        ) as client:
            yield cls(client, Neighbourhood(issuer))

    async def send(self, call: Call) -> Reply:
        """Answer what the provider answers, whatever its status.

        Raises:
            UpstreamDown: it gives no answer in time, or too long a one.
            UpstreamMisconfigured: it is where only a provider on this machine may be.
        """
        started, status = time.monotonic(), "none"
        try:
            async with asyncio.timeout(SECONDS):
                reply = await self._ask(call)
            status = str(reply.status)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            # Not the error's own words: some of them quote what was sent.
            raise UpstreamDown(call.route, f"no answer ({reason_of(error)})") from None
        finally:
            UPSTREAM_CALLS.labels(call.route, status).inc()
            UPSTREAM_SECONDS.labels(call.route).observe(time.monotonic() - started)
        return reply

    async def _ask(self, call: Call) -> Reply:
        method = "GET" if call.form is None else "POST"
        trace = partial(self._neighbourhood.check, call.route, call.url)
        async with self._client.stream(
            method,
            call.url,
            data=call.form,
            headers=call.headers,
            extensions={"trace": trace},
        ) as response:
            content = bytearray()
            # As it comes: an answer that is packed all the same is not unpacked.
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > MAX_BODY:
                    raise UpstreamDown(call.route, "the answer is too long")
            content_type = response.headers.get("content-type", "no content type")
            return Reply(call.route, response.status_code, bytes(content), content_type)
