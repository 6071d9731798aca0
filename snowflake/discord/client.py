"""The calls that Snowflake makes to Discord.

Whatever Discord sends, the outcome is an answer of ``models.py`` or an error of OAuth: the client
is wrong, or the grant, or Discord cannot be asked right now. (What Discord is told for linked roles
may be wrong too, or need a scope that the person has not granted.) All calls together end within
the deadline that is set around them (``deadline.py``), else each within its own.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Final, TypeVar
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr, TypeAdapter

from snowflake import __version__
from snowflake.discord.bot import Bot
from snowflake.discord.bounds import MAX_CONNECTIONS
from snowflake.discord.breaker import Breaker, Outcome
from snowflake.discord.calls import Call
from snowflake.discord.clocks import REAL, Clocks
from snowflake.discord.failures import (
    is_unknown_guild,
    read,
    read_known,
    token_error,
    unusable,
)
from snowflake.discord.limits import Limits, Place
from snowflake.discord.lookups import EXTENSIONS, Lookups
from snowflake.discord.models import Guild, Guilds, Member, Tokens, User
from snowflake.discord.reading import ListReader, Reader
from snowflake.discord.role_connections import RoleConnections
from snowflake.discord.sending import Sender
from snowflake.errors import InvalidClient, InvalidGrant
from snowflake.outbound.reading import PACKING
from snowflake.outbound.transport import transport_to

#: Seconds for all that one request asks of Discord, unless it is configured.
DEADLINE: Final = 10.0

#: Route -> its path, of those whose path is always the same. Others have an ID in theirs.
PATHS: Final = {
    "token": "/oauth2/token",
    "revoke": "/oauth2/token/revoke",
    "user": "/users/@me",
    "guilds": "/users/@me/guilds",
    "gateway": "/gateway",
}

NOT_PUBLIC: Final = (
    "Discord wants the client secret; for a client without one, switch on Public Client in the "
    "OAuth2 settings of the Discord application"
)

T = TypeVar("T")

_tokens = Reader("tokens", TypeAdapter(Tokens))
_user = Reader("user", TypeAdapter(User))
_guilds = ListReader("guilds", TypeAdapter(list[Guild]))
_member = Reader("member", TypeAdapter(Member))


async def _uncounted() -> None:
    """Leave an answer that counts towards a ban uncounted."""


class DiscordClient:
    """Discord's API at ``api_url``, over one pool of connections for the whole process.

    The calls here are made for an application or with a person's token. ``bot`` makes those of a
    bot, ``role_connections`` tells Discord of people who link their accounts.
    """

    def __init__(
        self, api_url: str, headers: dict[str, str], sender: Sender, lookups: Lookups, bot: Bot
    ) -> None:
        self._api_url = api_url
        # To parse a URL takes longer than all else that is done to a request.
        self._urls = {route: httpx.URL(api_url + path) for route, path in PATHS.items()}
        self._headers = headers
        self._sender, self._lookups = sender, lookups
        self.bot = bot
        self.role_connections = RoleConnections(api_url, lookups)

    @classmethod
    @asynccontextmanager
    async def open(  # noqa: PLR0913 - what is not named is as in every process
        cls,
        api_url: str,
        repository: str,
        *,
        deadline: float = DEADLINE,
        on_invalid: Callable[[], Awaitable[None]] = _uncounted,
        clocks: Clocks = REAL,
        bot_token: SecretStr | None = None,
    ) -> AsyncIterator["DiscordClient"]:
        """Open the pool. ``repository`` goes into the User-Agent that Discord demands.

        A call outside of any deadline has one of its own, in seconds. ``on_invalid`` is awaited for
        each answer that counts towards a ban of our address: 401, 403, and 429 but for shared ones.
        ``bot_token`` is for the calls that a bot makes.
        """
        headers = {
            "User-Agent": f"DiscordBot ({repository}, {__version__})",
            "Accept": "application/json",
            "Accept-Encoding": PACKING,
        }
        async with transport_to(api_url, MAX_CONNECTIONS) as transport:
            breaker = Breaker(clocks)
            sender = Sender(transport, Limits(clocks), breaker, on_invalid, clocks)
            lookups = Lookups(sender, headers, deadline, clocks)
            bot = Bot(bot_token, api_url, lookups, clocks)
            client = cls(api_url, headers, sender, lookups, bot)
            probing = asyncio.create_task(breaker.probing(client.probe))
            try:
                yield client
            finally:
                probing.cancel()
                await asyncio.wait([probing])

    def deadline(self) -> AbstractContextManager[None]:
        """Give the block one deadline for all that it asks of Discord."""
        return self._lookups.deadline()

    def left(self) -> float:
        """Answer how many seconds there are left to ask Discord."""
        return self._lookups.left()

    def check_is_up(self) -> None:
        """Pass, unless it is known that Discord answers nobody now.

        Raises:
            DiscordDown: it has not answered since it was found to be down.
        """
        self._sender.breaker.check()

    def may_be_limited(self, route: str) -> bool:
        """Whether a route, ``guilds`` or ``member``, may be closed now to somebody not known yet.

        Ask for the ``user`` first then, and name the ``person`` when asking for the rest.
        """
        return self._sender.limits.may_be_limited(route)

    async def probe(self) -> Outcome:
        """Ask for what Discord tells everybody, and answer what that says of Discord."""
        request = httpx.Request(
            "GET", self._urls["gateway"], headers=self._headers, extensions=EXTENSIONS
        )
        with self.deadline():
            return await self._sender.probe(
                Call(Place("gateway", "", ""), request, may_repeat=True)
            )

    async def exchange_code(
        self,
        *,
        client_id: str,
        client_secret: SecretStr | None,
        code: str,
        redirect_uri: str,
        code_verifier: str,
    ) -> Tokens:
        """Exchange an authorization code for Discord's tokens (RFC 6749, section 4.1.3).

        Without ``client_secret`` the Discord application must be a public client.

        Raises:
            InvalidClient: Discord does not know this client and secret. The code is not spent.
            InvalidGrant: the code is expired, used, or was for another redirect URI.
            CodeUnreadable: it is no code. Whether the secret is right is not known.
            TemporarilyUnavailable: Discord gave no usable answer.
        """
        return await self._tokens(
            client_id,
            client_secret,
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
        )

    async def refresh(
        self, *, client_id: str, client_secret: SecretStr | None, refresh_token: SecretStr
    ) -> Tokens:
        """Exchange a refresh token, which works once, for a new pair (RFC 6749, section 6).

        Raises:
            InvalidClient: Discord does not know this client and secret. The token is not spent.
            InvalidGrant: the token is used or revoked.
            TemporarilyUnavailable: Discord gave no usable answer. The token may be spent.
        """
        return await self._tokens(
            client_id,
            client_secret,
            grant_type="refresh_token",
            refresh_token=refresh_token.get_secret_value(),
        )

    async def revoke(
        self, *, client_id: str, client_secret: SecretStr | None, token: SecretStr
    ) -> None:
        """Revoke every token of the token's person for this application (RFC 7009).

        Raises:
            InvalidClient: Discord does not know this client and secret.
            TemporarilyUnavailable: Discord gave no usable answer.
        """
        form = {"token": token.get_secret_value()}
        response = await self._post("revoke", client_id, client_secret, form)
        if response.status_code in {400, 401}:
            raise token_error(response)
        if response.status_code != httpx.codes.OK:
            raise unusable(response)

    async def user(self, access_token: SecretStr, person: str | None = None) -> User:
        """Ask who the person is (scope ``identify``, and ``email`` for the address).

        ``person`` is their ID, if it is known: Discord counts by it.

        Raises:
            InvalidGrant: Discord no longer accepts the token.
            TemporarilyUnavailable: Discord gave no usable answer.
        """

        async def ask() -> User:
            answer = read(await self._get(place, access_token), _user)
            self._sender.limits.belongs(_digest(access_token), answer.id)
            return answer

        place = _place("user", access_token, person)
        return await self._shared(place, access_token, ask)

    async def guilds(self, access_token: SecretStr, person: str | None = None) -> Guilds:
        """Ask which guilds the person is in (scope ``guilds``). Raises as ``user`` does."""

        async def ask() -> Guilds:
            known, others = read_known(await self._get(place, access_token), _guilds)
            return Guilds(known=tuple(known), are_all=not others)

        place = _place("guilds", access_token, person)
        return await self._shared(place, access_token, ask)

    async def member(
        self, guild: str, access_token: SecretStr, person: str | None = None
    ) -> Member | None:
        """Ask what the person is in a guild (scope ``guilds.members.read``); None if not in it.

        Discord limits this hard, for each person and guild. Raises as ``user`` does.
        """

        async def ask() -> Member | None:
            response = await self._get(place, access_token)
            return None if is_unknown_guild(response) else read(response, _member)

        place = _place("member", access_token, person, guild)
        return await self._shared(place, access_token, ask)

    async def _tokens(self, client_id: str, client_secret: SecretStr | None, **form: str) -> Tokens:
        response = await self._post("token", client_id, client_secret, form)
        if response.status_code in {400, 401}:
            of_code = form["grant_type"] == "authorization_code"
            error = token_error(response, of_code=of_code)
            if isinstance(error, InvalidClient) and client_secret is None:
                raise InvalidClient(NOT_PUBLIC)
            raise error
        return read(response, _tokens)

    async def _post(
        self, route: str, client_id: str, client_secret: SecretStr | None, form: dict[str, str]
    ) -> httpx.Response:
        form = {**form, "client_id": client_id}
        if client_secret is not None:
            form["client_secret"] = client_secret.get_secret_value()
        request = httpx.Request(
            "POST",
            self._urls[route],
            headers={**self._headers, "Content-Type": "application/x-www-form-urlencoded"},
            content=urlencode(form).encode(),
            extensions=EXTENSIONS,
        )
        # Revoking twice is revoking; Discord names no limit here but by a 429 for this client.
        revokes = route == "revoke"
        place = Place(route, client_id, "")
        call = Call(place, request, may_repeat=revokes, wants_body=not revokes)
        with self.deadline():
            return await self._sender.send(call)

    async def _shared(
        self, place: Place, access_token: SecretStr, ask: Callable[[], Coroutine[None, None, T]]
    ) -> T:
        return await self._lookups.shared((place.route, place.part, _digest(access_token)), ask)

    async def _get(self, place: Place, access_token: SecretStr) -> httpx.Response:
        url = self._urls.get(place.route) or f"{self._api_url}/users/@me/guilds/{place.part}/member"
        authorization = f"Bearer {access_token.get_secret_value()}"
        response = await self._lookups.get(place, url, authorization)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise InvalidGrant("Discord no longer accepts the token of this person")
        return response


def _place(route: str, access_token: SecretStr, person: str | None, guild: str = "") -> Place:
    return Place(route, guild, person or _digest(access_token))


def _digest(token: SecretStr) -> str:
    # It is kept for as long as the limits are, which a token must not be.
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest()
