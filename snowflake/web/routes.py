"""Every path, and what answers it. The map of the house."""

from starlette.routing import BaseRoute, Route

from snowflake.oidc.authorize import authorize
from snowflake.oidc.callback import callback
from snowflake.oidc.discovery import END_SESSION, discovery
from snowflake.oidc.introspect import introspect
from snowflake.oidc.jwks import jwks
from snowflake.oidc.redirects import CALLBACK
from snowflake.oidc.revoke import revoke
from snowflake.oidc.token import token
from snowflake.oidc.userinfo import userinfo
from snowflake.oidc.webfinger import webfinger
from snowflake.settings import Settings
from snowflake.web import docs, paths
from snowflake.web.end_session import end_session
from snowflake.web.health import health, ready
from snowflake.web.home import home


def routes(settings: Settings) -> list[BaseRoute]:
    """Answer the routes, below the base path."""
    listed: list[BaseRoute] = [
        # Routes are tried in turn: what is asked for most comes first.
        Route(paths.OPENID_CONFIGURATION, discovery),
        Route(paths.JWKS, jwks),
        Route(paths.HEALTH, health),
        Route("/", home),
        Route("/authorize", authorize, methods=["GET", "POST"]),
        Route("/r/{redirect_uri:path}", callback),
        Route(CALLBACK, callback),
        Route(paths.TOKEN, token, methods=["POST"]),
        Route(paths.USERINFO, userinfo, methods=["GET", "POST"]),
        Route(paths.AUTHORIZATION_SERVER, discovery),
        Route(paths.WEBFINGER, webfinger),
        Route(paths.REVOKE, revoke, methods=["POST"]),
        Route(paths.INTROSPECT, introspect, methods=["POST"]),
        Route(END_SESSION, end_session, methods=["GET", "POST"]),
        Route(paths.READY, ready),
    ]
    return listed + (docs.routes() if settings.docs else [])
