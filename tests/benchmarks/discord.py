"""A Discord as quick as can be, as a process: ``python -m tests.benchmarks.discord PORT DELAY``.

It answers what a login asks, and checks and remembers nothing: a code and a token are the person's
ID behind a letter. The sandbox's Discord, which looks at everything, takes longer for the four
requests of a login than a core has left beside Snowflake, and its speed would be measured instead.
``DELAY`` in seconds comes before every answer of the API.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import cast
from urllib.parse import parse_qs, urlencode

import uvloop

from snowflake.sandbox.discord import GUILDS
from tests.benchmarks.messages import Message, whole_message

CLIENT_ID = "1056005449054429204"
CLIENT_SECRET = "QvwXyz0123456789abcdefghijklmnop"
SCOPES = frozenset({"identify", "email", "guilds"})
#: Each person is in this many guilds.
MEMBERSHIPS = 3
#: The cookie with which somebody has a session here, and which is their ID.
SESSION = b"person="
_TOKENS = {
    "token_type": "Bearer",
    "expires_in": 604800,
    "refresh_token": "rWq7T2mYx9Kc4VbN8sLd3HfJ6pGzA1",
    "scope": " ".join(sorted(SCOPES)),
}
_PERSON = {
    "avatar": "8342729096ea3675442027381ff50dfe",
    "discriminator": "0",
    "locale": "en-US",
    "mfa_enabled": True,
    "verified": True,
}
_GUILDS = [guild.to_json("") for guild in GUILDS[:MEMBERSHIPS]]


class Connection(asyncio.Protocol):
    """One connection, on which one request is answered after the other."""

    def __init__(self, delay: float) -> None:
        self._delay, self._received = delay, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        request = whole_message(self._received)
        if request is None:
            return
        self._received = b""
        target = request.head.split(b" ", 2)[1]
        path, _, query = target.partition(b"?")
        answer = ANSWERS.get(path, _nothing)(request, query)
        if self._delay and path.startswith(b"/api/"):
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _authorize(request: Message, query: bytes) -> bytes:
    """Send the person back, who has approved the application before."""
    asked = parse_qs(query.decode())
    person = request.field(b"cookie").partition(SESSION)[2].decode()
    answered = {"code": code_of(person), "state": asked["state"][0], "iss": "https://discord.com"}
    location = f"{asked['redirect_uri'][0]}?{urlencode(answered)}"
    return _answer(b"303 See Other", b"location: %s\r\n" % location.encode())


def _token(request: Message, _: bytes) -> bytes:
    person = request.body.partition(b"code=c")[2].partition(b"&")[0].decode()
    return _json({"access_token": token_of(person), **_TOKENS})


def _user(request: Message, _: bytes) -> bytes:
    person = request.field(b"authorization").partition(b"Bearer t")[2].decode()
    username, address = f"person_{person}", email_of(person)
    names = {"username": username, "global_name": f"Person {person}"}
    return _json({"id": person, **names, "email": address, **_PERSON}, _limits(b"user"))


def _guilds(_: Message, __: bytes) -> bytes:
    return _json(_GUILDS, _limits(b"guilds"))


def _nothing(_: Message, __: bytes) -> bytes:
    return _answer(b"404 Not Found")


ANSWERS: dict[bytes, Callable[[Message, bytes], bytes]] = {
    b"/oauth2/authorize": _authorize,
    b"/api/v10/oauth2/token": _token,
    b"/api/v10/users/@me": _user,
    b"/api/v10/users/@me/guilds": _guilds,
}


def code_of(person: str) -> str:
    """Answer the code that stands for a person, by their ID."""
    return f"c{person}"


def token_of(person: str) -> str:
    """Answer their access token."""
    return f"t{person}"


def email_of(person: str) -> str:
    """Answer their address."""
    return f"{person}@example.com"


def _limits(route: bytes) -> bytes:
    """Write the fields that tell of limits, which are far away."""
    return (
        b"x-ratelimit-limit: 1000000\r\nx-ratelimit-remaining: 999999\r\n"
        b"x-ratelimit-reset: %.3f\r\nx-ratelimit-reset-after: 60.000\r\nx-ratelimit-bucket: %s\r\n"
    ) % (time.time() + 60, route)


def _json(document: object, fields: bytes = b"") -> bytes:
    body = json.dumps(document).encode()
    return _answer(b"200 OK", b"content-type: application/json\r\n" + fields, body)


def _answer(status: bytes, fields: bytes = b"", body: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %s\r\ncontent-length: %d\r\n%s\r\n" % (status, len(body), fields)
    return head + body


async def main(port: int, delay: float) -> None:
    """Serve it for ever."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Connection, delay), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2])))
