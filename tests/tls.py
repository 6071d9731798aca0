"""Servers of a test that speak TLS, and certificates of every kind that a client may meet."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal

import trustme

Kind = Literal[
    "good", "expired", "not valid yet", "self-signed", "of another name", "of a stranger"
]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@cache
def authority() -> trustme.CA:
    """Answer the authority that operators of the tests have made for themselves."""
    return trustme.CA(organization_name="An authority of the tests")


@cache
def _stranger() -> trustme.CA:
    return trustme.CA(organization_name="Nobody knows it")


def server_context(kind: Kind = "good") -> ssl.SSLContext:
    """Answer what a server at localhost needs to present such a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    now, day = datetime.now(UTC), timedelta(days=1)
    match kind:
        case "expired":
            made = authority().issue_cert(
                "localhost", not_before=now - 2 * day, not_after=now - day
            )
        case "not valid yet":
            made = authority().issue_cert("localhost", not_before=now + day)
        case "of another name":
            made = authority().issue_cert("discord.example")
        case "of a stranger" | "self-signed":
            made = _stranger().issue_cert("localhost")
        case _:
            made = authority().issue_cert("localhost", "127.0.0.1")
    made.configure_cert(context)
    if kind == "self-signed":
        with (
            _stranger().cert_pem.tempfile() as chain,
            _stranger().private_key_pem.tempfile() as key,
        ):
            context.load_cert_chain(chain, key)
    return context


class Counted:
    """A server that answers every request alike, and counts connections and requests."""

    def __init__(self) -> None:
        self.connections = self.requests = 0
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open[writer] = asyncio.current_task()
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def hang_up(self) -> None:
        """Drop every connection, and wait until all is over."""
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*filter(None, self._open.values()))


@asynccontextmanager
async def serving_tls(context: ssl.SSLContext) -> AsyncIterator[tuple[str, Counted]]:
    """Serve at a free port of localhost; answer the address, without its scheme, and the server."""
    counted = Counted()
    server = await asyncio.start_server(counted, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"localhost:{server.sockets[0].getsockname()[1]}", counted
        await counted.hang_up()
