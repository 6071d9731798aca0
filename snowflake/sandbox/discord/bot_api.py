"""The API routes of a bot: what it is, where, and who is there as what."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from snowflake.sandbox.discord.answers import (
    MISSING_ACCESS,
    NOT_FOR_BOTS,
    NOT_YOUR_APPLICATION,
    UNKNOWN_GUILD,
    UNKNOWN_MEMBER,
    UNKNOWN_USER,
    Refused,
)
from snowflake.sandbox.discord.applications import Application
from snowflake.sandbox.discord.bots import Bot
from snowflake.sandbox.discord.calls import answer
from snowflake.sandbox.discord.guilds import Guild
from snowflake.sandbox.discord.listing import page
from snowflake.sandbox.discord.state import State
from snowflake.sandbox.requests import recorded


@dataclass(frozen=True)
class Known:
    """A bot that asks, and the application whose bot it is. They have one ID."""

    application: Application
    bot: Bot

    @property
    def id(self) -> str:
        """Whose limits count."""
        return self.application.id


class BotApi:
    """The endpoints that take a bot token."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def me(self, request: Request) -> Response:
        """``GET /users/@me``."""
        return self._answer(request, "me", lambda known: known.application.bot_user())

    async def user(self, request: Request) -> Response:
        """``GET /users/{user}``."""

        def user(_: Known) -> dict[str, object]:
            person = self._state.people.get(request.path_params["user"])
            if person is None:
                raise Refused(404, UNKNOWN_USER, "Unknown User")
            return person.to_public_json()

        return self._answer(request, "user", user)

    async def guilds(self, request: Request) -> Response:
        """``GET /users/@me/guilds``."""

        def guilds(known: Known) -> list[dict[str, object]]:
            found = self._state.existing(known.bot.guilds)
            return [guild.to_json(known.id) for guild in page(found, recorded(request).query)]

        return self._answer(request, "guilds", guilds)

    async def application(self, request: Request) -> Response:
        """``GET /applications/@me``."""
        return self._answer(
            request, "application", lambda known: known.application.to_private_json()
        )

    async def roles(self, request: Request) -> Response:
        """``GET /guilds/{guild}/roles``."""

        def roles(known: Known) -> list[dict[str, object]]:
            return [role.to_json() for role in self._guild(request, known.bot).all_roles]

        return self._answer(request, "roles", roles)

    async def guild_member(self, request: Request) -> Response:
        """``GET /guilds/{guild}/members/{user}``."""

        def member(known: Known) -> dict[str, object]:
            guild = self._guild(request, known.bot)
            person = self._state.people.get(request.path_params["user"])
            membership = person.membership(guild.id) if person else None
            if person is None or membership is None:
                raise Refused(404, UNKNOWN_MEMBER, "Unknown Member")
            return membership.to_json(person)

        return self._answer(request, "guild_member", member)

    async def metadata(self, request: Request) -> Response:
        """``GET`` and ``PUT /applications/{application}/role-connections/metadata``."""
        connections, application = self._state.role_connections, request.path_params["application"]

        def metadata(known: Known) -> list[dict[str, object]]:
            if application != known.id:
                raise Refused(403, NOT_YOUR_APPLICATION, "That is another application")
            if request.method == "PUT":
                return connections.put_schema(application, recorded(request).body)
            return connections.schema(application)

        return self._answer(request, "metadata", metadata)

    async def refusal(self, request: Request) -> Response:
        """Answer a bot at a route that is for people alone."""

        def nothing(_: Known) -> object:
            raise Refused(403, NOT_FOR_BOTS, "Bots cannot use this endpoint")

        return self._answer(request, "refusal", nothing)

    def _answer(self, request: Request, route: str, body: Callable[[Known], object]) -> Response:
        return answer(self._state, request, route, self._known(request), body)

    def _known(self, request: Request) -> Known | None:
        scheme, token = recorded(request).authorization
        if scheme != "bot":
            return None
        for application in list(self._state.applications.values()):
            bot = application.bot
            if bot is not None and hmac.compare_digest(bot.token.encode(), token.encode()):
                return Known(application, bot)
        return None

    def _guild(self, request: Request, bot: Bot) -> Guild:
        guild = self._state.guilds.get(request.path_params["guild"])
        if guild is None:
            raise Refused(404, UNKNOWN_GUILD, "Unknown Guild")
        if guild.id not in bot.guilds:
            raise Refused(403, MISSING_ACCESS, "Missing Access")
        return guild
