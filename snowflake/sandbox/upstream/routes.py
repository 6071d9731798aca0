"""Every path of the simulated provider, where Authentik has them."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from snowflake.sandbox.pages import STYLE, Pages
from snowflake.sandbox.upstream.authorize import Authorize
from snowflake.sandbox.upstream.discovery import Discovery
from snowflake.sandbox.upstream.paths import BASE, SLUG
from snowflake.sandbox.upstream.pushed import Pushed
from snowflake.sandbox.upstream.state import State
from snowflake.sandbox.upstream.token import TokenRoutes
from snowflake.sandbox.upstream.userinfo import UserInfo


def application(state: State) -> Starlette:
    """Return the routes over a state."""
    pages = Pages(Path(__file__).parent / "templates")
    discovery, pushed = Discovery(state), Pushed(state)
    authorize = Authorize(state, pages, pushed)
    token, userinfo = TokenRoutes(state), UserInfo(state)
    document = f"{BASE}/{SLUG}/.well-known/openid-configuration"

    async def not_served(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
        context = {"problem": "There is no such page at the simulated provider."}
        return pages.page("error.html", context, status=error.status_code)

    return Starlette(
        routes=[
            Route(document, discovery.document),
            Route(f"{BASE}/{SLUG}/jwks/", discovery.jwks),
            Route(f"{BASE}/par/", pushed.push, methods=["POST"]),
            Route(f"{BASE}/authorize/", authorize.ask, methods=["GET"]),
            Route(f"{BASE}/authorize/", authorize.decide, methods=["POST"]),
            Route(f"{BASE}/token/", token.token, methods=["POST"]),
            Route(f"{BASE}/userinfo/", userinfo.userinfo),
            Route(f"{BASE}/revoke/", token.revoke, methods=["POST"]),
            STYLE,
        ],
        exception_handlers={HTTPException: not_served},
    )
