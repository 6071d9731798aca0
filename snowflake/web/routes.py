"""Every path, and what answers it. The map of the house."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from snowflake.oidc.answers import Posted
from snowflake.oidc.authorize import authorize
from snowflake.oidc.callback import callback
from snowflake.oidc.device_authorization import device_authorization
from snowflake.oidc.discovery import discovery, discovery_of_client
from snowflake.oidc.introspect import introspect
from snowflake.oidc.jwks import jwks, jwks_of_client
from snowflake.oidc.revoke import revoke
from snowflake.oidc.token import token
from snowflake.oidc.userinfo import userinfo
from snowflake.oidc.webfinger import webfinger
from snowflake.protocol import paths
from snowflake.settings import Settings
from snowflake.web import docs
from snowflake.web.account import account
from snowflake.web.consent import consent
from snowflake.web.device import device
from snowflake.web.end_session import end_session
from snowflake.web.form_post import posting_page
from snowflake.web.health import health, ready
from snowflake.web.home import home


def routes(settings: Settings) -> list[BaseRoute]:
    """Answer the routes, below the base path."""
    listed: list[BaseRoute] = [
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
        _route(paths.DEVICE_AUTHORIZATION, device_authorization, "POST"),
        _route(paths.DEVICE, device, "GET", "POST"),
        _route(paths.READY, ready),
    ]
    if settings.linked_roles is not None or settings.discord_public_key is not None:
        # Few have them; what they need is a fiftieth of all that a start reads.
        from snowflake.web import linked_roles  # noqa: PLC0415

        listed += linked_roles.routes(settings)
    return listed + (docs.routes() if settings.docs else [])


def _route(path: str, answer: Callable[[Request], Awaitable[Response]], *methods: str) -> BaseRoute:
    async def answer_or_page(request: Request) -> Response:
        response = await answer(request)
        return posting_page(request, response) if isinstance(response, Posted) else response

    return Route(path, answer_or_page, methods=methods or ["GET"])
