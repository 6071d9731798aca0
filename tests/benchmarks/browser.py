"""One virtual browser, and the application to which it signs in: whole logins, one after another.

Each login is a new person's in a fresh browser, without a cookie of ours; the person has approved
the application at Discord before and has a session there. So nothing that Snowflake remembers of a
person makes a later login cheaper. Every status is checked, and all of the first login.
"""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import count
from urllib.parse import quote_from_bytes, urlencode

from snowflake.sandbox.discord import GUILDS
from tests.benchmarks.connection import Connection, connected
from tests.benchmarks.discord import CLIENT_ID, CLIENT_SECRET, MEMBERSHIPS, SESSION, email_of
from tests.benchmarks.messages import Message, Unexpected, request
from tests.benchmarks.processes import Discord

#: The application's own redirect URI.
APPLICATION = "https://app.example.com/callback"
#: Logins after which a browser connects to Snowflake anew. A connection stays with the worker that
#: accepted it: kept for good, most of them could be one worker's for a whole round, by chance.
LOGINS_OF_A_CONNECTION = 5
#: People who have never signed in: whoever takes one signs them in.
PEOPLE: Iterator[str] = map(str, count(1_100_000_000_000_000_001))
#: What an application sends along; of the usual length.
STATE, NONCE = "wVd0vX2t7bQ5nYc8RrJmHs1KpLfZ3gAe", "u6TqNz4DkWx9BvCy2MhGjE7SaPo5RiLf"
CODE = re.compile(rb"[?&]code=([^&]+)")
TOKEN_FORM = urlencode({"grant_type": "authorization_code", "redirect_uri": APPLICATION}).encode()


class Browser:
    """Signs people in, one at a time. It has a connection to Snowflake and one to Discord."""

    #: The answer that led back to the application the last time.
    arrival: Message
    #: The refresh token that came the last time.
    refresh_token: str

    def __init__(self, issuer: str, discord_origin: str, client_id: str = CLIENT_ID) -> None:
        self._issuer, self._discord, self._client_id = issuer, discord_origin, client_id
        self._snowflake, self._at_discord = Connection(), Connection()
        self._authorize = authorization_request(issuer, client_id)
        self._logins = 0

    async def connect(self) -> None:
        """Open both connections."""
        self._snowflake = await Connection.open(self._issuer)
        self._at_discord = await Connection.open(self._discord)

    def close(self) -> None:
        """Close both connections."""
        self._snowflake.close()
        self._at_discord.close()

    async def sign_in(self, person: str) -> None:
        """Do a whole login: authorize, Discord, callback, token, userinfo."""
        await self.ask_userinfo(await self.redeem(await self.code_for(person)), person)

    async def code_for(self, person: str) -> bytes:
        """Go to Discord and back, and answer the code, still in its URL's encoding."""
        self._logins += 1
        if self._logins % LOGINS_OF_A_CONNECTION == 0:
            self._snowflake.close()
            self._snowflake = await Connection.open(self._issuer)
        # 1. To Discord, with our cookie.
        departure = await self._snowflake.send(self._authorize, 302)
        cookie = departure.field(b"set-cookie").partition(b";")[0]
        # 2. Through Discord, which shows no page.
        target = _below(departure.field(b"location"), self._discord.encode())
        session = b"Cookie: %s%s\r\n" % (SESSION, person.encode())
        asked = request("GET", self._discord, target, session)
        consent = await self._at_discord.send(asked, 303)
        # 3. Back, and on to the application.
        target = _below(consent.field(b"location"), self._issuer.encode())
        back = request("GET", self._issuer, target, b"Cookie: %s\r\n" % cookie)
        self.arrival = await self._snowflake.send(back, 302)
        return self.code_of(self.arrival)

    def code_of(self, arrival: Message) -> bytes:
        """Answer the code with which the browser is sent on to the application."""
        location = arrival.field(b"location")
        code = CODE.search(location)
        if code is None or not location.startswith(APPLICATION.encode()):
            raise Unexpected(f"the application got no code: {location.decode()}")
        if self._logins == 1:
            _check(b"&state=%s&" % STATE.encode() in location, "state came back")
            issuer = quote_from_bytes(self._issuer.encode(), "").encode()
            _check(location.endswith(b"&iss=%s" % issuer), "iss is ours")
        return code[1]

    async def redeem(self, code: bytes) -> str:
        """Redeem a code as the application does, and answer the access token."""
        return await self._ask_token(b"%s&code=%s" % (TOKEN_FORM, code))

    async def refresh(self) -> str:
        """Redeem the last refresh token, and answer the access token."""
        return await self._ask_token(
            b"grant_type=refresh_token&refresh_token=%s" % self.refresh_token.encode()
        )

    async def _ask_token(self, form: bytes) -> str:
        pair = base64.b64encode(f"{self._client_id}:{CLIENT_SECRET}".encode())
        fields = b"Authorization: Basic %s\r\n" % pair
        asked = request("POST", self._issuer, b"/token", fields, form)
        answer = json.loads((await self._snowflake.send(asked, 200)).body)
        self.refresh_token = answer["refresh_token"]
        access_token: str = answer["access_token"]
        return access_token

    async def ask_userinfo(self, access_token: str, person: str) -> None:
        """Ask for the claims, and see that they are the person's."""
        fields = b"Authorization: Bearer %s\r\n" % access_token.encode()
        answer = await self._snowflake.send(request("GET", self._issuer, b"/userinfo", fields), 200)
        if self._logins > 1:
            return
        claims = json.loads(answer.body)
        _check(claims["sub"] == person, "sub is the person's")
        _check(claims["email"] == email_of(person), "email is the person's")
        _check(claims["preferred_username"] == f"person_{person}", "the name is the person's")
        _check(claims["groups"] == [guild.id for guild in GUILDS[:MEMBERSHIPS]], "groups")


def browsers(
    number: int, issuer: str, discord: Discord, client_id: str = CLIENT_ID
) -> AbstractAsyncContextManager[Sequence[Browser]]:
    """Open browsers."""
    return connected([Browser(issuer, discord.origin, client_id) for _ in range(number)])


def authorization_request(issuer: str, client_id: str = CLIENT_ID, fields: bytes = b"") -> bytes:
    """Write the request with which an application sends people to ``/authorize``."""
    parameters = {
        "client_id": client_id,
        "redirect_uri": APPLICATION,
        "response_type": "code",
        "scope": "openid profile email groups",
        "state": STATE,
        "nonce": NONCE,
        # A registered client would hear that nobody is signed in yet.
        **({"prompt": "none"} if client_id == CLIENT_ID else {}),
    }
    return request("GET", issuer, f"/authorize?{urlencode(parameters)}".encode(), fields)


def _below(location: bytes, origin: bytes) -> bytes:
    if not location.startswith(origin + b"/"):
        raise Unexpected(f"sent elsewhere: {location.decode()}")
    return location[len(origin) :]


def _check(good: object, what: str) -> None:
    if not good:
        raise Unexpected(f"not so: {what}")
