"""Every path, and what answers it. The map of the house."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from snowflake.oidc.answers import Posted
from snowflake.oidc.authorize import authorize
from snowflake.oidc.callback import callback
from snowflake.oidc.discovery import discovery, discovery_of_client
from snowflake.oidc.introspect import introspect
from snowflake.oidc.jwks import jwks, jwks_of_client
from snowflake.oidc.revoke import revoke
from snowflake.oidc.token import token
from snowflake.oidc.userinfo import userinfo
from snowflake.oidc.webfinger import webfinger
from snowflake.protocol import paths
from snowflake.settings import Settings
from snowflake.web import docs, linked_roles
from snowflake.web.account import account
from snowflake.web.consent import consent
from snowflake.web.end_session import end_session
from snowflake.web.form_post import posting_page
from snowflake.web.health import health, ready
from snowflake.web.home import home


def routes(settings: Settings) -> list[BaseRoute]:
    """Answer the routes, below the base path."""
    listed: list[BaseRoute] = [
        # Routes are tried in turn: what is asked for most comes first.
        _route(paths.OPENID_CONFIGURATION, discovery),
        _route(paths.JWKS, jwks),
        _route(paths.AUTHORIZE, authorize, "GET", "POST"),
        _route(paths.FORWARDING + "{redirect_uri:path}", callback),
        _route(paths.CALLBACK, callback),
        _route(paths.TOKEN, token, "POST"),
        _route(paths.USERINFO, userinfo, "GET", "POST"),
        _route(paths.HEALTH, health),
        _route("/", home),
        _route(paths.AUTHORIZATION_SERVER, discovery),
        _route(paths.OPENID_CONFIGURATION_OF_CLIENT, discovery_of_client),
        _route(paths.JWKS_OF_CLIENT, jwks_of_client),
        _route(paths.AUTHORIZATION_SERVER_OF_CLIENT, discovery_of_client),
        _route(paths.AUTHORIZATION_SERVER_FOR_CLIENT, discovery_of_client),
        _route(paths.WEBFINGER, webfinger),
        _route(paths.REVOKE, revoke, "POST"),
        _route(paths.INTROSPECT, introspect, "POST"),
        _route(paths.END_SESSION, end_session, "GET", "POST"),
        _route(paths.ACCOUNT, account, "GET", "POST"),
        _route(paths.CONSENT, consent, "GET", "POST"),
        _route(paths.READY, ready),
    ]
    listed += linked_roles.routes(settings)
    return listed + (docs.routes() if settings.docs else [])


class Endpoint:
    """A function of a request as an ASGI application.

    Starlette would catch errors around each function as it does around all of them together, which
    takes longer than some of them.
    """

    def __init__(self, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive, send)
        response = await self._answer(request)
        if isinstance(response, Posted):
            response = posting_page(request, response)
        await response(scope, receive, send)


def _route(path: str, answer: Callable[[Request], Awaitable[Response]], *methods: str) -> BaseRoute:
    return Route(path, Endpoint(answer), methods=methods or ["GET"])
