"""One virtual browser, and the application to which it signs in, at whatever provider stands there.

It goes wherever it is sent and brings the provider's cookies along, as browsers do. Everybody gets
the same requests from it; how often a login is sent on is the provider's affair.
"""

import base64
import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from subprocess import Popen
from urllib.parse import urlencode

from tests.benchmarks.browser import APPLICATION, CODE, NONCE, STATE, TOKEN_FORM
from tests.benchmarks.connection import Connection, connected
from tests.benchmarks.discord import CLIENT_SECRET, SESSION, email_of
from tests.benchmarks.messages import Message, Unexpected, request
from tests.benchmarks.processes import Discord

#: What all providers can tell of a person.
SCOPE = "openid profile email"
#: Redirects after which a login goes round in circles.
PATIENCE = 10


@dataclass(frozen=True)
class Provider:
    """Whom people sign in at: a process, its origin, and the paths of its endpoints."""

    name: str
    process: Popen[bytes]
    origin: str
    client_id: str
    authorization: str
    token: str
    userinfo: str


class Cookies(dict[bytes, bytes]):
    """The provider's cookies, by their names."""

    @property
    def field(self) -> bytes:
        """The line of a request that brings them along."""
        pairs = b"; ".join(b"%s=%s" % pair for pair in self.items())
        return b"Cookie: %s\r\n" % pairs if pairs else b""

    def keep(self, answer: Message) -> None:
        """Take what an answer sets, and let go what it takes back."""
        for field in answer.fields(b"set-cookie"):
            name, _, value = field.partition(b";")[0].partition(b"=")
            self[name] = value
            if not value:
                del self[name]


class Visitor:
    """Signs people in, one at a time, each in a browser without cookies."""

    def __init__(self, provider: Provider, discord: Discord) -> None:
        self._provider, self._discord = provider, discord.origin
        self._at_provider, self._at_discord = Connection(), Connection()
        parameters = {
            "client_id": provider.client_id,
            "redirect_uri": APPLICATION,
            "response_type": "code",
            "scope": SCOPE,
            "state": STATE,
            "nonce": NONCE,
        }
        self._start = f"{provider.origin}{provider.authorization}?{urlencode(parameters)}".encode()
        pair = base64.b64encode(f"{provider.client_id}:{CLIENT_SECRET}".encode())
        self._credentials = b"Authorization: Basic %s\r\n" % pair
        self._cookies = Cookies()

    async def connect(self) -> None:
        """Open both connections."""
        self._at_provider = await Connection.open(self._provider.origin)
        self._at_discord = await Connection.open(self._discord)

    def close(self) -> None:
        """Close both connections."""
        self._at_provider.close()
        self._at_discord.close()

    async def sign_in(self, person: str) -> None:
        """Do a whole login: to the provider, to Discord and back, token, userinfo."""
        code = await self._code_for(person)
        form = b"%s&code=%s" % (TOKEN_FORM, code)
        token = self._provider.token.encode()
        asked = request("POST", self._provider.origin, token, self._credentials, form)
        access_token = json.loads((await self._at_provider.send(asked, 200)).body)["access_token"]
        fields = b"Authorization: Bearer %s\r\n" % access_token.encode()
        userinfo = self._provider.userinfo.encode()
        asked = request("GET", self._provider.origin, userinfo, fields)
        claims = json.loads((await self._at_provider.send(asked, 200)).body)
        if claims["email"] != email_of(person):
            raise Unexpected(f"somebody else: {claims}")

    async def _code_for(self, person: str) -> bytes:
        self._cookies.clear()
        location = self._start
        for _ in range(PATIENCE):
            location = await self._go(location, person)
            if location.startswith(APPLICATION.encode()):
                if (code := CODE.search(location)) is None:
                    break
                return code[1]
        raise Unexpected(f"the application got no code: {location.decode()}")

    async def _go(self, location: bytes, person: str) -> bytes:
        """Ask for an address, and answer whereto it leads."""
        if target := _below(location, self._discord):
            fields = b"Cookie: %s%s\r\n" % (SESSION, person.encode())
            asked = request("GET", self._discord, target, fields)
            return (await self._at_discord.send(asked, 303)).field(b"location")
        if target := _below(location, self._provider.origin):
            asked = request("GET", self._provider.origin, target, self._cookies.field)
            answer = await self._at_provider.send(asked, 302, 303)
            self._cookies.keep(answer)
            return _absolute(answer.field(b"location"), self._provider.origin)
        raise Unexpected(f"sent elsewhere: {location.decode()}")


def visitors(
    number: int, provider: Provider, discord: Discord
) -> AbstractAsyncContextManager[Sequence[Visitor]]:
    """Open browsers."""
    return connected([Visitor(provider, discord) for _ in range(number)])


def _below(location: bytes, origin: str) -> bytes | None:
    start = origin.encode()
    return location.removeprefix(start) if location.startswith(start + b"/") else None


def _absolute(location: bytes, origin: str) -> bytes:
    return origin.encode() + location if location.startswith(b"/") else location
