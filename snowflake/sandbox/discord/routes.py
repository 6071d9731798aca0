"""Every path of the simulated Discord."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from snowflake.sandbox.discord.answers import UNKNOWN_ROUTE, api_error
from snowflake.sandbox.discord.api import Api
from snowflake.sandbox.discord.authorize import Authorize
from snowflake.sandbox.discord.bot_api import BotApi
from snowflake.sandbox.discord.paths import API, is_api
from snowflake.sandbox.discord.state import State
from snowflake.sandbox.discord.token import TokenRoutes
from snowflake.sandbox.pages import STYLE, Pages
from snowflake.sandbox.requests import recorded

Endpoint = Callable[[Request], Awaitable[Response]]


def application(state: State) -> Starlette:
    """Return the routes over a state, with Discord's answers for all other paths."""
    pages = Pages(Path(__file__).parent / "templates")
    authorize, token = Authorize(state, pages), TokenRoutes(state)
    api, bot = Api(state), BotApi(state)
    routes: list[BaseRoute] = [
        Route("/oauth2/authorize", authorize.ask, methods=["GET"]),
        Route("/oauth2/authorize", authorize.decide, methods=["POST"]),
        Route(f"{API}/oauth2/token", token.token, methods=["POST"]),
        Route(f"{API}/oauth2/token/revoke", token.revoke, methods=["POST"]),
        Route(f"{API}/oauth2/@me", _either(api.authorization, bot.refusal)),
        Route(f"{API}/users/@me", _either(api.me, bot.me)),
        Route(f"{API}/users/{{user}}", bot.user),
        Route(f"{API}/users/@me/guilds", _either(api.guilds, bot.guilds)),
        Route(f"{API}/users/@me/guilds/{{guild}}/member", _either(api.member, bot.refusal)),
        Route(
            f"{API}/users/@me/applications/{{application}}/role-connection",
            _either(api.role_connection, bot.refusal),
            methods=["GET", "PUT", "DELETE"],
        ),
        Route(f"{API}/applications/@me", bot.application),
        Route(
            f"{API}/applications/{{application}}/role-connections/metadata",
            bot.metadata,
            methods=["GET", "PUT"],
        ),
        Route(f"{API}/guilds/{{guild}}/roles", bot.roles),
        Route(f"{API}/guilds/{{guild}}/members/{{user}}", bot.guild_member),
        STYLE,
    ]

    async def not_served(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
        if is_api(request.url.path):
            message = f"{error.status_code}: {error.detail}"
            return api_error(error.status_code, UNKNOWN_ROUTE, message, error.headers)
        context = {"problem": "There is no such page in the simulated Discord."}
        return pages.page("error.html", context, status=error.status_code)

    return Starlette(routes=routes, exception_handlers={HTTPException: not_served})


def _either(person: Endpoint, bot: Endpoint) -> Endpoint:
    """Return an endpoint for both kinds of token."""

    async def endpoint(request: Request) -> Response:
        scheme, _ = recorded(request).authorization
        return await (bot if scheme == "bot" else person)(request)

    return endpoint
