"""The calls that Snowflake makes to Discord.

Whatever Discord sends, the outcome is an answer of ``models.py`` or an error of OAuth: the client
is wrong, or the grant, or Discord cannot be asked right now. (What Discord is told for linked roles
may be wrong too, or need a scope that the person has not granted.) All calls together end within
the deadline that is set around them (``concurrency/deadline.py``), else each within its own.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager
from functools import partial
from typing import Final, TypeVar

import httpx
from pydantic import SecretStr, TypeAdapter

from snowflake import __version__
from snowflake.concurrency.deadline import REAL, Clocks
from snowflake.discord.bot import Bot
from snowflake.discord.bounds import MAX_CONNECTIONS
from snowflake.discord.circuit_breaker import Breaker
from snowflake.discord.failures import is_unknown_guild, read, read_known
from snowflake.discord.models import Guild, Guilds, Member, User
from snowflake.discord.oauth import OAuth
from snowflake.discord.rate_limits import Place, RateLimits
from snowflake.discord.reading import ListReader, Reader
from snowflake.discord.requests import Requests
from snowflake.discord.role_connections import RoleConnections
from snowflake.discord.sending import Sender
from snowflake.errors import InvalidGrant
from snowflake.outbound.answer import Answer
from snowflake.outbound.reading import PACKING
from snowflake.outbound.transport import transport_to

#: Seconds for all that one request asks of Discord, unless it is configured.
DEADLINE: Final = 10.0

T = TypeVar("T")

_user = Reader("user", TypeAdapter(User))
_guilds = ListReader("guilds", TypeAdapter(list[Guild]))
_member = Reader("member", TypeAdapter(Member))


async def _uncounted() -> None:
    """Leave an answer that counts towards a ban uncounted."""


class DiscordClient:
    """Discord's API at ``api_url``, over one pool of connections for the whole process.

    The calls here are made with a person's token. ``oauth`` makes those for an application, ``bot``
    those of a bot, and ``role_connections`` tells Discord of people who link their accounts.
    """

    def __init__(self, api_url: str, sender: Sender, requests: Requests, bot: Bot) -> None:
        # To parse a URL takes longer than all else that is done to a request.
        self._urls = {
            "user": httpx.URL(f"{api_url}/users/@me"),
            "guilds": httpx.URL(f"{api_url}/users/@me/guilds"),
        }
        self._api_url = api_url
        self._sender, self._requests = sender, requests
        self.oauth = OAuth(api_url, requests)
        self.bot = bot
        self.role_connections = RoleConnections(api_url, requests)

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
            sender = Sender(transport, RateLimits(clocks), breaker, on_invalid, clocks)
            requests = Requests(sender, headers, deadline, clocks)
            # What Discord tells everybody, with nothing of anybody in it.
            ask = partial(requests.probe, Place("gateway", "", ""), httpx.URL(f"{api_url}/gateway"))
            probing = asyncio.create_task(breaker.probing(ask))
            try:
                yield cls(api_url, sender, requests, Bot(bot_token, api_url, requests, clocks))
            finally:
                probing.cancel()
                await asyncio.wait([probing])

    def deadline(self) -> AbstractContextManager[None]:
        """Give the block one deadline for all that it asks of Discord."""
        return self._requests.deadline()

    def left(self) -> float:
        """Answer how many seconds there are left to ask Discord."""
        return self._requests.left()

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

    async def user(self, access_token: SecretStr, person: str | None = None) -> User:
        """Ask who the person is (scope ``identify``, and ``email`` for the address).

        ``person`` is their ID, if it is known: Discord counts by it.

        Raises:
            InvalidGrant: Discord no longer accepts the token.
            TemporarilyUnavailable: Discord gave no usable answer.
        """

        async def ask() -> User:
            answer = read(await self._get(place, access_token), _user)
            self._sender.limits.belongs(digest, answer.id)
            return answer

        digest = _digest(access_token)
        place = Place("user", "", person or digest)
        return await self._shared(place, digest, ask)

    async def guilds(self, access_token: SecretStr, person: str | None = None) -> Guilds:
        """Ask which guilds the person is in (scope ``guilds``). Raises as ``user`` does."""

        async def ask() -> Guilds:
            known, others = read_known(await self._get(place, access_token), _guilds)
            return Guilds(known=tuple(known), are_all=not others)

        digest = _digest(access_token)
        place = Place("guilds", "", person or digest)
        return await self._shared(place, digest, ask)

    async def member(
        self, guild: str, access_token: SecretStr, person: str | None = None
    ) -> Member | None:
        """Ask what the person is in a guild (scope ``guilds.members.read``); None if not in it.

        Discord limits this hard, for each person and guild. Raises as ``user`` does.
        """

        async def ask() -> Member | None:
            response = await self._get(place, access_token)
            return None if is_unknown_guild(response) else read(response, _member)

        digest = _digest(access_token)
        place = Place("member", guild, person or digest)
        return await self._shared(place, digest, ask)

    async def _shared(
        self, place: Place, digest: str, ask: Callable[[], Coroutine[None, None, T]]
    ) -> T:
        return await self._requests.shared((place.route, place.part, digest), ask)

    async def _get(self, place: Place, access_token: SecretStr) -> Answer:
        url = self._urls.get(place.route) or f"{self._api_url}/users/@me/guilds/{place.part}/member"
        authorization = f"Bearer {access_token.get_secret_value()}"
        response = await self._requests.get(place, url, authorization)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise InvalidGrant("Discord no longer accepts the token of this person")
        return response


def _digest(token: SecretStr) -> str:
    # It is kept for as long as the limits are, which a token must not be.
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest()
