"""What the bot sees: who is in its guilds, as what, and how guilds and roles are called.

When Discord refuses the bot it is the operator's fault, and never says anything of a person: nobody
is held to be in a guild, or not to be in it, by such an answer. The log names it, and Discord is
not asked again for a while, since refusals count towards a ban of our address.
"""

import math
from collections.abc import Sequence
from typing import Final

import httpx
import structlog
from pydantic import SecretStr, TypeAdapter

from snowflake.concurrency.deadline import Clocks
from snowflake.concurrency.recent import Recent
from snowflake.discord.failures import UNKNOWN_GUILD, code_of, read, read_known
from snowflake.discord.models import Guild, Member, Role, RoleConnectionMetadata, User
from snowflake.discord.rate_limits import Place
from snowflake.discord.reading import ListReader, Reader
from snowflake.discord.requests import Requests
from snowflake.errors import InvalidRequest, TemporarilyUnavailable
from snowflake.outbound.answer import Answer
from snowflake.telemetry.metrics import DISCORD_REFUSED_HERE

#: Seconds for which Discord is not asked again after it has refused the bot.
REFUSED_FOR: Final = 60.0
#: Guilds of which it is remembered that the bot is not in them.
MAX_GUILDS: Final = 1000
#: Guilds in one answer; a bot may be in more.
PAGE: Final = 200

#: What Discord says (status, code) of somebody who is nobody.
_NOBODY: Final = {(404, 10013)}
#: What it says of somebody who is no member, or is nobody.
_NO_MEMBER: Final = {(404, 10007), *_NOBODY}
#: What it says of a guild that the bot is not in.
_NOT_THERE: Final = {(404, UNKNOWN_GUILD), (403, 50001)}
#: What stands for all guilds where the token itself is refused.
_EVERYWHERE: Final = ""
#: Whom Discord counts: there is one bot.
_BOT: Final = "bot"

_user = Reader("user", TypeAdapter(User))
_member = Reader("member", TypeAdapter(Member))
# Each of them: one that a bot or an integration has must not pass for another.
_roles = Reader("roles", TypeAdapter(list[Role]))
_guilds = ListReader("guilds", TypeAdapter(list[Guild]))
_metadata = Reader("metadata", TypeAdapter(list[RoleConnectionMetadata] | None))

_log = structlog.get_logger(__name__)


class Bot:
    """A bot, by its token. Without one there is nothing that it could see."""

    def __init__(
        self, token: SecretStr | None, api_url: str, requests: Requests, clocks: Clocks
    ) -> None:
        self._token, self._api_url = token, api_url
        self._requests, self._clocks = requests, clocks
        self._refused: Recent[str, float] = Recent(MAX_GUILDS)  # guild -> until when

    async def user(self, person: str) -> User | None:
        """Answer what everybody may know of a person; None if there is nobody by that ID.

        Raises:
            TemporarilyUnavailable: Discord gave no usable answer, or refuses the bot.
        """

        async def ask() -> User | None:
            response = await self._get(Place("bot_user", "", _BOT), f"/users/{person}")
            return None if _said(response) in _NOBODY else read(response, _user)

        return await self._requests.shared(("bot_user", person), ask)

    def pause(self, guild: str) -> float:
        """Answer for how many seconds to wait before a lookup of a member that nobody waits for.

        Half of what Discord's limit has left stays for logins.
        """
        return self._requests.pause(Place("bot_member", guild, _BOT))

    def is_refused(self, guild: str) -> bool:
        """Whether Discord has just refused the bot, everywhere or in this guild."""
        now = self._clocks.now()
        return any(now < self._refused.get(place, now) for place in (_EVERYWHERE, guild))

    async def member(self, guild: str, person: str) -> Member | None:
        """Answer what a person is in a guild; None if they are not in it.

        Raises:
            TemporarilyUnavailable: Discord gave no usable answer, or refuses the bot.
        """

        async def ask() -> Member | None:
            place = Place("bot_member", guild, _BOT)
            response = await self._get(place, f"/guilds/{guild}/members/{person}", guild)
            return None if _said(response) in _NO_MEMBER else read(response, _member)

        return await self._requests.shared(("bot_member", guild, person), ask)

    async def roles(self, guild: str) -> list[Role]:
        """Answer the roles of a guild. Raises as ``member`` does."""

        async def ask() -> list[Role]:
            place = Place("bot_roles", guild, _BOT)
            return read(await self._get(place, f"/guilds/{guild}/roles", guild), _roles)

        return await self._requests.shared(("bot_roles", guild), ask)

    async def guilds(self) -> list[Guild]:
        """Answer the guilds that the bot is in, as far as Discord says which they are.

        Raises as ``member`` does.
        """

        async def ask() -> list[Guild]:
            place, path = Place("bot_guilds", "", _BOT), f"/users/@me/guilds?limit={PAGE}"
            page, others = read_known(await self._get(place, path), _guilds)
            guilds = page
            while len(page) + others >= PAGE:
                after = f"{path}&after={page[-1].id}"
                page, others = read_known(await self._get(place, after), _guilds)
                guilds = guilds + page
            return guilds

        return await self._requests.shared("bot_guilds", ask)

    async def metadata(self, application: str) -> list[RoleConnectionMetadata]:
        """Answer the metadata for linked roles of the bot's application. Raises as ``member``."""
        place = Place("bot_metadata", "", _BOT)
        return read(await self._get(place, _metadata_of(application)), _metadata) or []

    async def put_metadata(
        self, application: str, metadata: Sequence[RoleConnectionMetadata]
    ) -> None:
        """Put the metadata for linked roles of the bot's application in place of what was there.

        Raises:
            InvalidRequest: Discord does not take them.
            TemporarilyUnavailable: Discord gave no usable answer, or refuses the bot.
        """
        place = Place("put_bot_metadata", "", _BOT)
        body = [item.model_dump(mode="json", exclude_none=True) for item in metadata]
        response = await self._send("PUT", place, _metadata_of(application), body=body)
        if response.status_code == httpx.codes.BAD_REQUEST:
            _log.error("discord_metadata_refused", code=code_of(response))
            raise InvalidRequest("Discord does not take the metadata of linked roles")
        read(response, _metadata)

    async def _get(self, place: Place, path: str, guild: str = _EVERYWHERE) -> Answer:
        return await self._send("GET", place, path, guild)

    async def _send(
        self,
        method: str,
        place: Place,
        path: str,
        guild: str = _EVERYWHERE,
        body: object = None,
    ) -> Answer:
        self._check(guild)
        if self._token is None:
            raise TemporarilyUnavailable("there is no bot that could be asked")
        authorization = f"Bot {self._token.get_secret_value()}"
        url = self._api_url + path
        response = await self._requests.send(place, method, url, authorization, body)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            _log.error("discord_bot_token_refused")
            raise self._refuse(_EVERYWHERE)
        if guild and _said(response) in _NOT_THERE:
            _log.error("discord_bot_not_in_guild", guild=guild)
            raise self._refuse(guild)
        return response

    def _check(self, guild: str) -> None:
        now = self._clocks.now()
        for place in (_EVERYWHERE, guild):
            until = self._refused.get(place, now)
            if now < until:
                DISCORD_REFUSED_HERE.labels("bot").inc()
                raise _refusal(until - now, answered=False)

    def _refuse(self, guild: str) -> TemporarilyUnavailable:
        self._refused[guild] = self._clocks.now() + REFUSED_FOR
        return _refusal(REFUSED_FOR, answered=True)


def _metadata_of(application: str) -> str:
    return f"/applications/{application}/role-connections/metadata"


def _said(response: Answer) -> tuple[int, int]:
    return response.status_code, code_of(response)


def _refusal(seconds: float, *, answered: bool) -> TemporarilyUnavailable:
    return TemporarilyUnavailable(
        "Discord does not tell our bot who is in which guild",
        math.ceil(seconds),
        cause="the bot is refused",
        answered=answered,
    )
